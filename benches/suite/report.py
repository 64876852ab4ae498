"""Medians, ratios and the tables that show them."""

import statistics
from dataclasses import dataclass

from cases import FEW_MEMBERS, MANY_MEMBERS, MULTIPLES


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
    if cases and len(contenders) > 1:
        parts.append(_cpu(contenders, cases, results.samples))
    parts += _multiples(contenders, {case.name for case in cases}, results.samples)
    if cases:
        parts.append(_calls(contenders, cases, results.calls))
        parts.append(_tomcat_calls(contenders, cases, results.calls))
    if results.memory:
        parts.append(_memory(contenders, results.memory))
    return "\n\n".join(parts)


def details(contenders, cases, results):
    """Where the figures come from."""
    if not cases:
        return ""
    by_name = [_calls_by_name(contenders, case, results.calls) for case in cases]
    return "\n\n".join([_kernel(contenders, cases, results.samples), *by_name])


def _section(title, head, rows):
    return f"## {title}\n\n{table(head, rows)}"


def _pairs(contenders):
    """Who is compared with whom: the first one with all others, and these with the last, the floor if it is there."""
    first, *others = contenders
    return [(first, other) for other in others] + [(other, others[-1]) for other in others[:-1]]


def _cpu(contenders, cases, samples):
    pairs = _pairs(contenders)

    def series(contender, case):
        return [sample.total for sample in samples[contender.name, case.name]]

    def row(case):
        return [case.title, *(Figure.ratio(series(one, case), series(other, case)).show() for one, other in pairs)]

    head = ["", *(f"{one.title} to {other.title}" for one, other in pairs)]
    return _section("CPU of httpd per request: medians of the rounds' ratios", head, [row(case) for case in cases])


def _multiples(contenders, names, samples):
    def multiple(contender, many, few):
        series = [[sample.total for sample in samples[contender.name, name]] for name in (many, few)]
        return Figure.ratio(*series).show()

    chosen = [row for row in MULTIPLES if {row[0], row[1]} <= names]
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


def _kernel(contenders, cases, samples):
    def cell(contender, case):
        series = samples[contender.name, case.name]
        kernel = statistics.mean(sample.kernel for sample in series)
        total = statistics.mean(sample.total for sample in series)
        return f"{total - kernel:.0f} + {kernel:.0f}"

    rows = [[case.title, *(cell(each, case) for each in contenders)] for case in cases]
    head = ["user + kernel, means", *(each.title for each in contenders)]
    return _section("CPU microseconds per request, outside and inside the kernel", head, rows)


def _calls_by_name(contenders, case, calls):
    counted = [calls[each.name, case.name].by_name for each in contenders]
    names = {name for each in counted for name in each}
    names = sorted(names, key=lambda name: max(each.get(name, 0) for each in counted), reverse=True)
    rows = [[name, *(f"{each.get(name, 0):.2f}" for each in counted)] for name in names]
    return _section(f"System calls per request: {case.title}", ["", *(each.title for each in contenders)], rows)
