"""What is measured, and how to add to it.

A benchmark is a module with one `BENCHMARK = Benchmark(name=..., kind=..., ..., measure=measure)` and a line
in `BENCHMARKS` below. `measure(rounds)` yields one `Round` per round:

    def measure(rounds: int) -> Iterator[Round]:
        prepare()                       # not measured; Django is set up, the database is migrated
        for number in range(rounds):
            ours = timed(lambda: bill(number))
            floor = timed(lambda: same_rows_by_hand(number))
            yield Round(ours=[ours], floor=[floor])

Ours and the floor take turns inside each round, so that whatever else the machine does falls on both. The
floor is the least that the same effect can cost (one hand-written statement, a plain view). Each benchmark
runs in a process and a database of its own, on durable PostgreSQL, with the providers `norte` and `sur`
ready; nothing needs cleaning up. Values are seconds unless `kind` says otherwise.
"""

BENCHMARKS: dict[str, str] = {
    "billing-run-10k": "benchmarks.billing_run_10k",
    "billing-run-100k": "benchmarks.billing_run_100k",
    "billing-rerun": "benchmarks.billing_rerun",
    "billing-memory": "benchmarks.billing_memory",
    "billing-loop": "benchmarks.billing_loop",
    "tenant-overhead": "benchmarks.tenant_overhead",
    "restore-latency": "benchmarks.restore_latency",
    "restore-latency-busy": "benchmarks.restore_latency_busy",
    "cut-sweep": "benchmarks.cut_sweep",
    "cut-sweep-again": "benchmarks.cut_sweep_again",
    "cut-sweep-dead": "benchmarks.cut_sweep_dead",
    "restore-during-sweep": "benchmarks.restore_during_sweep",
    "network-memory": "benchmarks.network_memory",
    "scheduler-tick": "benchmarks.scheduler_tick",
    "statement-page": "benchmarks.statement_page",
    "dunning-decide": "benchmarks.dunning_decide",
    "invoice-list": "benchmarks.invoice_list",
    "inbox-list": "benchmarks.inbox_list",
    "inbox-search": "benchmarks.inbox_search",
    "webhook-accept": "benchmarks.webhook_accept",
    "webhook-busy": "benchmarks.webhook_busy",
    "inbox-dom": "benchmarks.inbox_dom",
    "inbox-dom-busy": "benchmarks.inbox_dom_busy",
    "bot-precision": "benchmarks.bot_precision",
    "bot-coverage": "benchmarks.bot_coverage",
    "bot-turn": "benchmarks.bot_turn",
    "bot-answer": "benchmarks.bot_answer",
    "bot-model-overhead": "benchmarks.bot_model_overhead",
    "bot-tokens": "benchmarks.bot_tokens",
}
