"""Background work on PgQueuer (ADR 0010): jobs that recur, and jobs that somebody enqueues in a transaction.

A service says what its jobs do (`job.Job`), whoever has something done calls `enqueue.enqueue`, and a `worker.Worker`
in each process, or in a process of its own, carries them out. What is here knows queues and processes; what a job is
about belongs to the service.

What holds, with any number of workers and whatever of them is killed:

- A job that was enqueued in a committed transaction is carried out; one from a transaction rolled back never is.
- What a run writes on its own connection happens once. The run takes its place in the queue away in the transaction
  of its effects, and only while it still owns it; a run that has been taken over can't commit.
- An errand (`job.Errand`) waits for the network, so there is no transaction around it: all of it happens at least once.
- What a run does elsewhere (files, other services, other connections) happens at least once.
- A recurring job never runs beside itself, is not lost, and does not pile up while nobody works.
- No order: two jobs about one thing may run in any order, also at the same time. Where order or time matters they are
  columns in rows of the service's own, and the job only says "look".
"""
