"""What the commands that measure take."""

import argparse


def some_of(names, groups=None):
    """A list of names, or of groups of them, separated by commas."""
    groups = groups or {}

    def parse(text):
        chosen = text.split(",")
        if unknown := set(chosen) - {*names, *groups}:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join([*groups, *names])}")
        return [name for word in chosen for name in groups.get(word, [word])]

    return parse
