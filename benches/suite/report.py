"""Medians, ratios and the tables that show them."""

import statistics
from dataclasses import dataclass

from cases import FEW_MEMBERS, MANY_MEMBERS, MULTIPLES


@dataclass(frozen=True)
class Figure:
    """The median of samples, and half the distance between their quartiles."""

    median: float
    spread: float

    @classmethod
    def of(cls, samples):
        if len(samples) < 2:
            return cls(samples[0], 0.0)
        low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
        return cls(median, (high - low) / 2)

    @classmethod
    def ratio(cls, samples, others):
        """Of two things sampled in turn: the ratio within each round."""
        return cls.of([sample / other for sample, other in zip(samples, others)])

    def show(self, digits):
        return f"{self.median:.{digits}f} ±{self.spread:.{digits}f}"


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
    if cases:
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


def _titles(contenders):
    """Column titles: each contender, then the first one's ratio to each other."""
    return [each.title for each in contenders] + [f"to {each.title}" for each in contenders[1:]]


def _cpu(contenders, cases, samples):
    def row(case):
        series = [[sample.total for sample in samples[each.name, case.name]] for each in contenders]
        own = [Figure.of(each).show(1) for each in series]
        return [case.title, *own, *(Figure.ratio(series[0], other).show(2) for other in series[1:])]

    return _section("CPU microseconds of httpd per request", ["", *_titles(contenders)], [row(case) for case in cases])


def _multiples(contenders, names, samples):
    def multiple(contender, many, few):
        series = [[sample.total for sample in samples[contender.name, name]] for name in (many, few)]
        return Figure.ratio(*series).show(2)

    chosen = [row for row in MULTIPLES if {row[0], row[1]} <= names]
    rows = [[title, *(multiple(each, many, few) for each in contenders)] for many, few, title in chosen]
    title = "CPU of one case, as a multiple of another"
    return [_section(title, ["", *(each.title for each in contenders)], rows)] if rows else []


def _calls(contenders, cases, calls):
    def row(case):
        totals = [calls[each.name, case.name].total for each in contenders]
        own = [f"{total:.1f}" for total in totals]
        return [case.title, *own, *(f"{totals[0] / other:.2f}" for other in totals[1:])]

    return _section("System calls of httpd per request", ["", *_titles(contenders)], [row(case) for case in cases])


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
