"""
Read formulas: a small total language over columns, with a grammar of its own.

    choice     = either [ "if" either "else" choice ]
    either     = both { "or" both }
    both       = negation { "and" negation }
    negation   = "not" negation | comparison
    comparison = sum { ("<" | "<=" | "==" | "!=" | ">=" | ">") sum | ["not"] "in" "[" literals "]" }
    sum        = product { ("+" | "-") product }
    product    = sign { ("*" | "/") sign }
    sign       = ("+" | "-") sign | atom
    atom       = number | text | "true" | "false" | name | function "(" choice { "," choice } ")" | "(" choice ")"

Functions: min max abs ceil floor truncate round_half_up round_half_even (the rounding ones take the number of
decimals as an optional second argument). There are no loops, no assignments and no attributes, so every formula
ends. Numbers are exact decimals. The tree says nothing about types; `compile` checks them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from hydria.tariffs.domain.findings import say

LENGTH_MAX = 4_000
TOKENS_MAX = 500  # bounds the depth of the tree, too, so that walking it cannot exhaust the stack
DEPTH_MAX = 60
FUNCTIONS = {  # name -> fewest and most arguments
    "min": (1, 20),
    "max": (1, 20),
    "abs": (1, 1),
    "ceil": (1, 2),
    "floor": (1, 2),
    "truncate": (1, 2),
    "round_half_up": (1, 2),
    "round_half_even": (1, 2),
}
_WORDS = frozenset({"if", "else", "and", "or", "not", "in", "true", "false", "True", "False"})
_COMPARISONS = frozenset({"<", "<=", "==", "!=", ">=", ">"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?(?![^\W\d]))
      | (?P<name>[^\W\d]\w*)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign><=|>=|==|!=|[-+*/()<>,\[\]])""",
    re.VERBOSE,
)


class FormulaError(Exception):
    """The text is no formula; `column` counts from 1, `cure` says what to write instead."""

    def __init__(self, message: str, *, column: int, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.column, self.cure = message, column, cure


@dataclass(frozen=True, slots=True)
class Number:
    """An exact decimal."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Text:
    """A word in quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Name:
    """An input, a derived amount or an earlier charge."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Combine two numbers with + - * /."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compare two neighbours; `a < b <= c` becomes two of these joined by `and`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Membership:
    """Say whether a value equals one of the items."""

    operand: Expression
    items: tuple[Number | Text | Truth, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """Join two conditions with `and` or `or`; the right one matters only where the left one leaves it open."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negation:
    """Turn a condition around."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """Take one of two values; the other one may be impossible."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """Apply a function."""

    function: str
    arguments: tuple[Expression, ...]
    places: int = 0  # of the rounding functions


Expression = Number | Text | Truth | Name | Arithmetic | Comparison | Membership | Logic | Negation | Choice | Call


def parse_number(text: str) -> Fraction | None:
    """
    Read a plain decimal exactly, or return None when the text is none.

    >>> parse_number("18.50"), parse_number("1e-3"), parse_number('5/8"')
    (Fraction(37, 2), Fraction(1, 1000), None)
    """
    return Fraction(text) if len(text) < 60 and _NUMBER.fullmatch(text) and text.isascii() else None


@lru_cache(maxsize=50_000)
def parse_formula(text: str) -> Expression:
    """
    Read a formula.

    >>> parse_formula("2 * usage")
    Arithmetic(operator='*', left=Number(value=Fraction(2, 1)), right=Name(name='usage'))

    :raises FormulaError: if the text is not in the language, naming the column.
    """
    if len(text) > LENGTH_MAX:
        raise FormulaError(say("the formula is too long"), column=LENGTH_MAX, cure=say("split it into derived amounts"))
    return _Parser(text).parse()


def is_name(text: str) -> bool:
    """Say whether a formula could refer to this name."""
    return re.fullmatch(r"[^\W\d]\w*", text) is not None and text not in _WORDS and text not in FUNCTIONS


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


class _Parser:
    """Descend the grammar of the module docstring; each method is one of its rules."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        if len(self.tokens) > TOKENS_MAX:
            raise FormulaError(say("the formula is too long"), column=1, cure=say("split it into derived amounts"))
        self.index = 0
        self.depth = 0

    def parse(self) -> Expression:
        expression = self.choice()
        if self.token.kind != "end":
            raise self.error(
                say("`{text}` is not expected here", text=self.token.text),
                say("an operator such as + - * / is missing"),
            )
        return expression

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def error(self, message: str, cure: str = "") -> FormulaError:
        return FormulaError(message, column=self.token.column, cure=cure)

    def accept(self, *texts: str) -> str | None:
        """Step over the next token if it is one of these signs or words."""
        token = self.token
        if token.kind in ("sign", "word") and token.text in texts:
            self.index += 1
            return token.text
        return None

    def expect(self, text: str) -> None:
        if not self.accept(text):
            found = f"`{self.token.text}`" if self.token.kind != "end" else say("the end")
            raise self.error(say("`{wanted}` is expected, not {found}", wanted=text, found=found))

    def choice(self) -> Expression:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.error(say("the formula is nested too deeply"), say("split it into derived amounts"))
        expression = self.either()
        if self.accept("if"):
            condition = self.either()
            self.expect("else")
            expression = Choice(condition, expression, self.choice())
        self.depth -= 1
        return expression

    def either(self) -> Expression:
        expression = self.both()
        while self.accept("or"):
            expression = Logic("or", expression, self.both())
        return expression

    def both(self) -> Expression:
        expression = self.negation()
        while self.accept("and"):
            expression = Logic("and", expression, self.negation())
        return expression

    def negation(self) -> Expression:
        negations = 0
        while self.accept("not"):
            negations += 1
        comparison = self.comparison()
        return comparison if negations % 2 == 0 else Negation(comparison)

    def comparison(self) -> Expression:
        left = self.sum()
        links: list[Expression] = []
        while True:
            if sign := self.accept(*_COMPARISONS):
                right = self.sum()
                links.append(Comparison(sign, left, right))
                left = right
            elif self.accept("in"):
                links.append(Membership(left, self.literals()))
            elif self.token.text == "not" and self.tokens[self.index + 1].text == "in":
                self.index += 2
                links.append(Negation(Membership(left, self.literals())))
            else:
                break
        if not links:
            return left
        joined = links[0]
        for link in links[1:]:
            joined = Logic("and", joined, link)
        return joined

    def literals(self) -> tuple[Number | Text | Truth, ...]:
        self.expect("[")
        items: list[Number | Text | Truth] = []
        while not self.accept("]"):
            item = self.sign()
            if not isinstance(item, Number | Text | Truth):
                raise self.error(say("a list after `in` holds numbers and texts only"))
            items.append(item)
            if not self.accept(","):
                self.expect("]")
                break
        return tuple(items)

    def sum(self) -> Expression:
        expression = self.product()
        while sign := self.accept("+", "-"):
            expression = Arithmetic(sign, expression, self.product())
        return expression

    def product(self) -> Expression:
        expression = self.sign()
        while sign := self.accept("*", "/"):
            expression = Arithmetic(sign, expression, self.sign())
        return expression

    def sign(self) -> Expression:
        negative = False
        while sign := self.accept("-", "+"):
            negative ^= sign == "-"
        atom = self.atom()
        if not negative:
            return atom
        return Number(-atom.value) if isinstance(atom, Number) else Arithmetic("-", Number(Fraction(0)), atom)

    def atom(self) -> Expression:
        token = self.token
        if self.accept("("):
            expression = self.choice()
            self.expect(")")
            return expression
        if word := self.accept("true", "True", "false", "False"):
            return Truth(word.lower() == "true")
        if token.kind not in ("number", "text", "name"):
            if token.kind == "end":
                raise self.error(say("the formula ends where a number or a name is expected"))
            raise self.error(say("`{text}` stands where a number or a name is expected", text=token.text))
        self.index += 1
        if token.kind == "number":
            return Number(Fraction(token.text))
        if token.kind == "text":
            return Text(token.text[1:-1])
        return self.call(token) if self.accept("(") else Name(token.text)

    def call(self, token: _Token) -> Call:
        if token.text not in FUNCTIONS:
            message = say("there is no function `{text}`", text=token.text)
            raise FormulaError(message, column=token.column, cure=say("known are {names}", names=", ".join(FUNCTIONS)))
        arguments = [self.choice()]
        while self.accept(","):
            arguments.append(self.choice())
        self.expect(")")
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(arguments) <= most:
            message = say("`{text}` takes {fewest} to {most} arguments", text=token.text, fewest=fewest, most=most)
            raise FormulaError(message, column=token.column)
        if most != 2 or len(arguments) == 1:
            return Call(token.text, tuple(arguments))
        places = arguments[1]
        if not isinstance(places, Number) or places.value.denominator != 1 or abs(places.value) > 12:
            message = say("the number of decimals must be a whole number from -12 to 12")
            raise FormulaError(message, column=token.column)
        return Call(token.text, (arguments[0],), int(places.value))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            message = say("`{text}` has no meaning in a formula", text=text[position])
            raise FormulaError(message, column=position + 1, cure=_CURES.get(text[position], ""))
        kind = match.lastgroup or ""
        if kind == "name" and match.group() in _WORDS:
            kind = "word"
        if kind != "space":
            tokens.append(_Token(kind, match.group(), position + 1))
        position = match.end()
    tokens.append(_Token("end", "", len(text) + 1))
    return tokens


_CURES = {
    "=": say("write == to compare"),
    "%": say("write percent / 100"),
    "^": say("multiply instead"),
    "'": say("close the text with '"),
}
