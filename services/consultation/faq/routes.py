"""What is proposed, over HTTP: handlers propose, a second person confirms or sends back. Nobody else comes near it."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.carrying_out import ConsultationId, Worker
from services.consultation.consultations.repository import Reader
from services.consultation.context import context_of
from services.consultation.faq import examples, proposals, wire
from services.consultation.faq.confirm import confirm_proposal
from services.consultation.faq.correct import propose_correction
from services.consultation.faq.propose import propose_entry
from services.consultation.faq.read import read_proposal
from services.consultation.faq.reading_routes import EntryId
from services.consultation.faq.rewrite import rewrite_proposal
from services.consultation.faq.send_back import send_back_proposal
from services.consultation.faq.withdraw import withdraw_entry
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.idempotency import OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["faq"])

Confirmer = Annotated[Caller, Depends(Requires(scopes.FAQ_CONFIRM))]
ProposalId = Annotated[uuid.UUID, Path(alias="faqProposalId", description="From the list / Ur listan")]
Body = Annotated[wire.EntryBody, Depends(JsonBody(wire.EntryBody, examples.BODY))]


@router.post(
    "/consultations/{consultationId}/faq-proposals",
    status_code=201,
    response_model=wire.ProposalReceipt,
    responses={201: {"content": {"application/json": {"example": examples.RECEIPT}}}},
    summary="Propose a question and answer for everybody / Föreslå en fråga och ett svar för alla",
)
async def propose(
    request: Request, caller: Worker, consultation_id: ConsultationId, body: Body, attempt: OnceOnly
) -> Response:
    """From an answered interpretation of a decision, rewritten without the person. A second person reads it first.

    Ur en besvarad fråga om ett besluts innebörd, omskriven utan personen. En andra person läser den först.
    """
    context = context_of(request)
    now, proposal_id = context.clock(), uuid.uuid4()
    request.scope["state"]["audit"] = {"objectId": consultation_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await propose_entry(connection, context.vault, caller, consultation_id, proposal_id, body.text(), now)
            model = wire.receipt(proposal_id, 1, context.base_url)
            return context.json(model, 201, headers={"Location": model.links["self"]["href"], "ETag": etag(1)})

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/faq-entries/{faqEntryId}/corrections",
    status_code=201,
    response_model=wire.ProposalReceipt,
    responses={201: {"content": {"application/json": {"example": examples.RECEIPT}}}},
    summary="Propose a correction / Föreslå en rättelse",
)
async def correct(
    request: Request, caller: Worker, entry_id: EntryId, version: ExpectedVersion, body: Body, attempt: OnceOnly
) -> Response:
    """The whole entry anew, from the version that was read. Until a second person confirms it the old one is told.

    Hela posten på nytt, från den version som lästes. Tills en andra person bekräftar den visas den gamla.
    """
    context = context_of(request)
    now, proposal_id = context.clock(), uuid.uuid4()
    request.scope["state"]["audit"] = {"objectId": entry_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            entry = (entry_id, version)
            await propose_correction(
                connection, context.vault, caller, entry, proposal_id, body.text(), now, context.drafts_kept
            )
            model = wire.receipt(proposal_id, 1, context.base_url)
            return context.json(model, 201, headers={"Location": model.links["self"]["href"], "ETag": etag(1)})

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.get(
    "/faq-proposals",
    response_model=wire.ProposalPage,
    responses={200: {"content": {"application/json": {"example": examples.PROPOSALS}}}},
    summary="What waits to be confirmed / Det som väntar på bekräftelse",
)
async def list_proposals(request: Request, caller: Worker, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """One's own organisation's, the oldest first and without their texts, also those that were sent back.

    Den egna organisationens, äldst först och utan texter, även de som lämnats åter.
    """
    context, place = context_of(request), decode_cursor(cursor)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await proposals.page(connection, Reader.of(caller), place, limit + 1)
    shown, more = split_page(rows, limit)
    next_cursor = encode_cursor(shown[-1].proposed_at, shown[-1].id) if more else None
    model = wire.ProposalPage(
        proposals=[wire.ProposalSummary(**wire.summary_values(row, context.base_url)) for row in shown],
        links=page_links(f"{context.base_url}/faq-proposals", {"limit": limit, "cursor": cursor}, next_cursor),
    )
    return context.json(model)


@router.get(
    "/faq-proposals/{faqProposalId}",
    response_model=wire.ProposalModel,
    responses={200: {"content": {"application/json": {"example": examples.PROPOSAL}}}},
    summary="One proposal, to be read before it is confirmed / Ett förslag, att läsa innan det bekräftas",
)
async def get_proposal(request: Request, caller: Worker, proposal_id: ProposalId) -> Response:
    """Whole, with the digest to confirm. Each reading is audited.

    Hela förslaget, med det kondensat (`digest`) som bekräftas. Varje läsning loggas.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await read_proposal(connection, caller, proposal_id, context.clock())
    model = wire.proposal_model(row, context.vault, context.base_url)
    return context.json(model, headers={"ETag": etag(row.edition)})


@router.put(
    "/faq-proposals/{faqProposalId}",
    response_model=wire.ProposalReceipt,
    responses={200: {"content": {"application/json": {"example": {**examples.RECEIPT, "edition": 2}}}}},
    summary="Rewrite a proposal / Skriv om ett förslag",
)
async def rewrite(
    request: Request, caller: Worker, proposal_id: ProposalId, version: ExpectedVersion, body: Body
) -> Response:
    """The whole text anew, from the edition that was read. Who rewrites it can't confirm it.

    Hela texten på nytt, från den utgåva som lästes. Den som skriver om den kan inte bekräfta den.
    """
    context = context_of(request)
    request.scope["state"]["audit"] = {"objectId": proposal_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        edition = await rewrite_proposal(
            connection, context.vault, caller, proposal_id, version, body.text(), context.clock()
        )
    return context.json(wire.receipt(proposal_id, edition, context.base_url), headers={"ETag": etag(edition)})


@router.post(
    "/faq-proposals/{faqProposalId}/confirmations",
    status_code=201,
    response_model=wire.EntryReceipt,
    responses={201: {"content": {"application/json": {"example": examples.PUBLISHED}}}},
    summary="Confirm that it holds no personal data / Bekräfta att den är utan personuppgifter",
)
async def confirm(
    request: Request,
    caller: Confirmer,
    proposal_id: ProposalId,
    body: Annotated[wire.ConfirmationRequest, Depends(JsonBody(wire.ConfirmationRequest, examples.CONFIRMATION))],
    attempt: OnceOnly,
) -> Response:
    """Exactly the text that was read, which is published at once. Not for anybody who has written any of it.

    Precis den text som lästes; den publiceras genast. Inte för någon som har skrivit något av den.
    """
    context = context_of(request)
    now, new_entry = context.clock(), uuid.uuid4()
    request.scope["state"]["audit"] = {"objectId": proposal_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            read = bytes.fromhex(body.digest)
            entry_id, published = await confirm_proposal(
                connection, context.vault, caller, proposal_id, read, new_entry, now
            )
            model = wire.entry_receipt(entry_id, published, context.base_url)
            headers = {"Location": model.links["self"]["href"], "ETag": etag(model.version)}
            return context.json(model, 201, headers=headers)

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/faq-proposals/{faqProposalId}/returns",
    response_model=wire.ProposalReceipt,
    responses={200: {"content": {"application/json": {"example": {**examples.RECEIPT, "edition": 2}}}}},
    summary="Send a proposal back / Lämna ett förslag åter",
)
async def send_back(
    request: Request,
    caller: Confirmer,
    proposal_id: ProposalId,
    version: ExpectedVersion,
    body: Annotated[wire.ReturnRequest, Depends(JsonBody(wire.ReturnRequest, examples.RETURN))],
    attempt: OnceOnly,
) -> Response:
    """Do not confirm it, and say why. It can be confirmed when it has been rewritten.

    Bekräfta den inte, och ange varför. Den kan bekräftas när den har skrivits om.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": proposal_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            edition = await send_back_proposal(
                connection, context.vault, caller, proposal_id, version, body.reason, now
            )
            model = wire.receipt(proposal_id, edition, context.base_url)
            return context.json(model, headers={"ETag": etag(edition)})

        return await context.ledger.once(connection, caller, attempt, now, effect)


@router.post(
    "/faq-entries/{faqEntryId}/withdrawals",
    response_model=wire.WithdrawnEntry,
    responses={200: {"content": {"application/json": {"example": examples.WITHDRAWN}}}},
    summary="Withdraw a published entry / Dra tillbaka en publicerad post",
)
async def withdraw(
    request: Request,
    caller: Confirmer,
    entry_id: EntryId,
    version: ExpectedVersion,
    body: Annotated[wire.WithdrawalRequest, Depends(JsonBody(wire.WithdrawalRequest, examples.WITHDRAWAL))],
    attempt: OnceOnly,
) -> Response:
    """One person is enough. Its text is erased at once, with a correction that waits.

    En person räcker. Texten raderas genast, liksom en rättelse som väntar.
    """
    context = context_of(request)
    now = context.clock()
    request.scope["state"]["audit"] = {"objectId": entry_id}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            await withdraw_entry(connection, caller, entry_id, version, body.reason, now)
            return context.json(wire.WithdrawnEntry(entry_id=entry_id))

        return await context.ledger.once(connection, caller, attempt, now, effect)
