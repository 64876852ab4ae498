"""What the commands that measure take."""

import argparse


def some_of(names):
    """A list of names, separated by commas."""

    def parse(text):
        chosen = text.split(",")
        if unknown := set(chosen) - set(names):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(names)}")
        return chosen

    return parse
