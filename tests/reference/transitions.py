"""The process of a consultation, written down a second time and by hand: who may do what, when, and where it leads.

A cell is the state that a move leads to: `.` is not legal, `=` stays, `w` is in progress when a handler has it and
else in the queue, `q` is in the queue: triaged when it has been triaged, else received.

`who`: asking side (A), answering side (F), system (S). `has`: what is asked of the one who has it, by the time of the
move: `any`, `self` has it, `free` is self or nobody, `none` is nobody, `other` is somebody else. `phone`: not done here
for a protected person. `seen`: by both sides, or by the answering one alone. `prop`: what becomes of a proposed answer:
`void` when there is one, `keep`, `make`, or `need`: there has to be one, and then there is none.
"""

from dataclasses import dataclass

STATES = {
    "rec": "received",
    "tri": "triaged",
    "sec": "secrecy_test",
    "prg": "in_progress",
    "mun": "waiting_for_municipality",
    "per": "waiting_for_person",
    "mtg": "waiting_for_meeting",
    "pst": "sent_by_post",
    "ans": "answered",
    "clo": "closed",
    "rej": "rejected",
    "wit": "withdrawn",
}
TURNS = {
    "received": "answering_authority",
    "triaged": "answering_authority",
    "secrecy_test": "secrecy_test",
    "in_progress": "answering_authority",
    "waiting_for_municipality": "municipality",
    "waiting_for_person": "person",
    "waiting_for_meeting": "meeting",
    "sent_by_post": "post",
    "answered": "nobody",
    "closed": "nobody",
    "rejected": "nobody",
    "withdrawn": "nobody",
}
TABLE = """
move               rec tri sec prg mun per mtg pst ans clo rej wit who has   phone seen prop
triaged            tri tri .   .   .   .   .   .   .   .   .   .   F   any   no    one  void
claimed            w   w   .   .   =   =   =   .   .   .   .   .   F   none  yes   both void
released           .   .   q   q   =   =   =   .   .   .   .   .   F   self  no    one  void
assigned           w   w   =   =   =   =   =   =   .   .   .   .   F   any   yes   one  void
handed_over        q   q   q   q   =   =   =   .   .   .   .   .   F   free  no    both void
escalated          =   =   =   =   =   =   =   =   .   .   .   .   FS  any   no    one  keep
secrecy_test_begun sec sec .   sec .   .   .   .   .   .   .   .   F   free  yes   both void
secrecy_test_ended .   .   prg .   .   .   .   .   .   .   .   .   F   self  yes   both void
asked_back         .   .   .   mun .   .   .   .   .   .   .   .   F   self  yes   both void
replied            .   .   .   .   w   .   .   .   .   .   .   .   A   any   yes   both void
supplemented       =   =   =   =   .   =   =   =   .   .   .   .   A   any   yes   both void
person_awaited     .   .   .   per .   .   .   .   .   .   .   .   F   self  yes   both void
resumed            .   .   .   .   w   w   .   .   .   .   .   .   FS  free  no    both void
called_back        .   .   .   =   .   .   .   .   .   .   .   .   F   self  no    both keep
meeting_requested  =   =   =   =   =   =   =   =   .   .   .   .   A   any   yes   both void
meeting_refused    =   =   =   =   =   =   =   =   .   .   .   .   F   free  no    both keep
meeting_booked     .   .   .   mtg .   .   .   .   .   .   .   .   F   self  yes   both void
meeting_held       .   .   .   .   .   .   w   .   .   .   .   .   F   free  no    both void
meeting_missed     .   .   .   .   .   .   w   .   .   .   .   .   F   free  no    both void
meeting_cancelled  .   .   .   .   .   .   w   .   .   .   .   .   AF  any   no    both void
sent_by_post       .   .   .   pst .   .   .   .   .   .   .   .   F   self  yes   both void
dispatched         .   .   .   .   .   .   .   ans .   .   .   .   F   free  yes   both void
answer_proposed    .   .   .   =   .   .   .   =   .   .   .   .   F   self  yes   one  make
answer_approved    .   .   .   =   .   .   .   =   .   .   .   .   F   other yes   one  need
answer_sent_back   .   .   .   =   .   .   .   =   .   .   .   .   F   other yes   one  need
answered           .   .   .   ans .   .   .   .   .   .   .   .   F   self  yes   both void
rejected           rej rej rej rej .   .   .   .   .   .   .   .   F   free  no    both void
closed             .   .   .   .   .   .   .   .   clo .   .   .   AS  any   no    both void
withdrawn          wit wit wit wit wit wit wit wit .   .   .   .   A   any   no    both void
reopened           .   .   .   .   .   .   .   .   clo clo .   .   A   any   yes   both void
reminded           =   =   =   =   .   .   .   =   .   .   .   .   S   any   no    one  keep
pause_lapsed       .   .   .   .   =   =   .   .   .   .   .   .   S   any   no    both void
corrected          =   =   =   =   =   =   =   =   =   =   =   =   F   any   no    both keep
attachment_refused =   =   =   =   =   =   =   =   =   =   =   =   S   any   no    both keep
"""


@dataclass(frozen=True)
class Row:
    """One move. `cells` is by state, in full words; a cell that is not legal is not there."""

    move: str
    cells: dict[str, str]
    who: str
    has: str
    phone: bool
    seen_by_both: bool
    proposal: str

    def leads_to(self, state: str, *, held: bool, triaged: bool) -> str:
        """The state after the move; `held` and `triaged` are as they are after it."""
        cell = self.cells[state]
        queue = "triaged" if triaged else "received"
        places = {"=": state, "w": "in_progress" if held else queue, "q": queue}
        return places.get(cell) or STATES[cell]

    def refusal(
        self, state: str, sides: str, person: str, holder: str | None, proposed_by: str | None = None
    ) -> str | None:
        """The code with which somebody of these sides is refused the move, or None when it is made."""
        if not set(sides) & set(self.who):
            return "not_found"
        if self.has == "none" and holder is not None:
            return "claimed_by_another"
        if state not in self.cells:
            return "illegal_transition"
        if self.proposal == "need" and proposed_by is None:
            return "nothing_proposed"
        if self.has == "other" and person in (holder, proposed_by):
            return "second_person_required"
        may = {"self": holder == person, "free": holder in (None, person) or sides == "S"}
        return None if may.get(self.has, True) else "claimed_by_another"

    def proposed_by(self, before: str | None, person: str) -> str | None:
        """Whose answer waits for a second handler after the move."""
        return {"keep": before, "make": person}.get(self.proposal)

    def holder(self, before: str | None, person: str) -> str | None:
        """Who has it after the move, which an assignment tells itself."""
        if self.move in ("claimed", "secrecy_test_begun"):
            return person
        return None if self.move in ("released", "handed_over") else before


def _read() -> dict[str, Row]:
    head, *lines = TABLE.strip().splitlines()
    short = head.split()[1:13]
    rows = {}
    for line in lines:
        move, *rest = line.split()
        cells = {STATES[state]: cell for state, cell in zip(short, rest, strict=False) if cell != "."}
        who, has, phone, seen, proposal = rest[12:]
        rows[move] = Row(move, cells, who, has, phone == "yes", seen == "both", proposal)
    return rows


ROWS = _read()


def legal(state: str, sides: str) -> set[str]:
    """What can be done from a state by either of the sides."""
    return {row.move for row in ROWS.values() if state in row.cells and set(sides) & set(row.who)}
