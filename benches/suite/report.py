"""Medians, ratios and the tables that show them."""

import statistics
from dataclasses import dataclass

from cases import FEW_MEMBERS, GROUPS, MANY_MEMBERS, MULTIPLES, TITLES
from memory import IDLE
from meters import Sample


@dataclass(frozen=True)
class Figure:
    """The median of samples, the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, samples):
        return cls(statistics.median(samples), min(samples), max(samples))

    @classmethod
    def ratio(cls, samples, others):
        """Of two things sampled in turn: the ratio within each round."""
        return cls.of([sample / other for sample, other in zip(samples, others)])

    def show(self):
        return f"{self.median:.2f} ({self.least:.2f}-{self.greatest:.2f})"


def table(head, rows):
    """A Markdown table whose columns also line up as plain text."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row):
        padded = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def summary(contenders, cases, results):
    """The figures that a change of the module is judged by."""
    parts = []
    if len(contenders) > 1:
        parts += _cpu(contenders, cases, results.samples)
        parts += _timed(contenders, [case for case in cases if case.is_timed], results.samples)
    parts += _multiples(contenders, results.samples)
    if traced := [case for case in cases if case.traced]:
        parts.append(_calls(contenders, traced, results.calls))
        parts.append(_tomcat_calls(contenders, traced, results.calls))
    if results.memory:
        parts += [_memory(contenders, results.memory.members), _idle(contenders, results.memory.idle)]
    return "\n\n".join(parts)


def details(contenders, cases, results):
    """Where the figures come from."""
    if not cases:
        return ""
    parts = [_sums(contenders, cases, results.samples), _absolute(contenders, cases, results.samples)]
    parts += [_calls_by_name(contenders, case, results.calls) for case in cases if case.traced]
    return "\n\n".join(parts)


def _section(title, head, rows):
    return f"## {title}\n\n{table(head, rows)}"


def _pairs(contenders):
    """Who is compared with whom: the first one with all others, and these with the last, the floor if it is there."""
    first, *others = contenders
    return [(first, other) for other in others] + [(other, others[-1]) for other in others[:-1]]


def _ratios(title, pairs, cases, samples, figure):
    """A row for each case: what `figure` says of the samples of one, in each round, to what it says of the other."""

    def cell(one, other, case):
        series = [samples.get((each.name, case.name)) for each in (one, other)]
        return figure(*series) if all(series) else "-"

    rows = [[case.title, *(cell(one, other, case) for one, other in pairs)] for case in cases]
    return _section(title, ["", *(f"{one.title} to {other.title}" for one, other in pairs)], rows)


def _by_round(of_sample):
    """Shows the ratio within each round."""
    return lambda ours, theirs: Figure.ratio(*([of_sample(sample) for sample in each] for each in (ours, theirs))).show()


def _cpu(contenders, cases, samples):
    figure, tables = _by_round(Sample.microseconds), []
    for name, group in GROUPS.items():
        if chosen := [case for case in group if case in cases]:
            title = f"CPU of httpd per request. {TITLES[name]}"
            tables.append(_ratios(title, _pairs(contenders), chosen, samples, figure))
    return tables


def _timed(contenders, cases, samples):
    """Without the floor: nobody waits for it."""
    pairs = [(one, other) for one, other in _pairs(contenders) if one is contenders[0] and other.name != "floor"]
    kinds = {"Throughput (above 1 is better)": Sample.rate, "Latency that 99 % stay below": Sample.p99}
    if not (cases and pairs):
        return []
    return [_ratios(title, pairs, cases, samples, _by_round(kind)) for title, kind in kinds.items()]


def _sums(contenders, cases, samples):
    def figure(ours, theirs):
        return f"{sum(sample.cpu for sample in ours) / sum(sample.cpu for sample in theirs):.2f}"

    return _ratios("CPU of httpd: ratios of the sums over all rounds", _pairs(contenders), cases, samples, figure)


def _multiples(contenders, samples):
    def multiple(contender, many, few):
        series = [samples.get((contender.name, name)) for name in (many, few)]
        return _by_round(Sample.microseconds)(*series) if all(series) else "-"

    measured = {name for _, name in samples}
    chosen = [row for row in MULTIPLES if {row[0], row[1]} <= measured]
    rows = [[title, *(multiple(each, many, few) for each in contenders)] for many, few, title in chosen]
    title = "CPU of one case, as a multiple of another"
    return [_section(title, ["", *(each.title for each in contenders)], rows)] if rows else []


def _calls(contenders, cases, calls):
    def row(case):
        totals = [calls[each.name, case.name].total for each in contenders]
        return [case.title, *(f"{total:.1f}" for total in totals)]

    head = ["", *(each.title for each in contenders)]
    return _section("System calls of httpd per request", head, [row(case) for case in cases])


def _tomcat_calls(contenders, cases, calls):
    def cell(contender, case):
        kinds = calls[contender.name, case.name].to_tomcat
        return " / ".join(f"{kinds[kind]:.1f}" for kind in ("writes", "reads", "others"))

    rows = [[case.title, *(cell(each, case) for each in contenders)] for case in cases]
    head = ["writes / reads / others", *(each.title for each in contenders)]
    return _section("System calls per request on the sockets to Tomcat", head, rows)


def _memory(contenders, memory):
    def row(title, values):
        return [title, *(f"{value:,}" for value in values)]

    few, many = ([memory[each.name, name] for each in contenders] for name in ("members-few", "members-many"))
    rows = []
    for index, kind in enumerate(("resident", "private dirty")):
        before, after = [each[index] for each in few], [each[index] for each in many]
        rows.append(row(f"{kind}, {FEW_MEMBERS} members", before))
        rows.append(row(f"{kind}, {MANY_MEMBERS} members", after))
        rows.append(row(f"{kind}, growth", [end - start for start, end in zip(before, after)]))
    return _section("Memory of one child in kB", ["", *(each.title for each in contenders)], rows)


def _idle(contenders, idle):
    row = ["private dirty, of one connection", *(f"{idle[each.name]:.1f}" for each in contenders)]
    return _section(f"Memory of {IDLE:,} idle connections in kB", ["", *(each.title for each in contenders)], [row])


def _absolute(contenders, cases, samples):
    def cell(contender, case):
        series = samples.get((contender.name, case.name))
        if not series:
            return "-"
        requests = sum(sample.requests for sample in series)
        total, kernel = (sum(part) * 1e6 / requests for part in zip(*((each.cpu, each.kernel) for each in series)))
        rate, p99 = (statistics.median(map(kind, series)) for kind in (Sample.rate, Sample.p99))
        return f"{total:.1f} ({kernel:.0f}), {rate:.0f}, {p99 / 1000:.1f}"

    rows = [[f"{case.name}: {case.title}", *(cell(each, case) for each in contenders)] for case in cases]
    head = ["CPU in us (in the kernel), requests per second, p99 in ms", *(each.title for each in contenders)]
    return _section("On this machine: means of CPU, medians of the others", head, rows)


def _calls_by_name(contenders, case, calls):
    counted = [calls[each.name, case.name].by_name for each in contenders]
    names = {name for each in counted for name in each}
    names = sorted(names, key=lambda name: max(each.get(name, 0) for each in counted), reverse=True)
    rows = [[name, *(f"{each.get(name, 0):.2f}" for each in counted)] for name in names]
    return _section(f"System calls per request: {case.title}", ["", *(each.title for each in contenders)], rows)
