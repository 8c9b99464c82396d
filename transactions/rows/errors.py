"""Why an act on lines was not done, in words for the person."""


class RowRefused(ValueError):
    """`code` for programs, the text for people: what is wrong and how to mend it."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
