"""Whether a book of receipts is true: by itself, and line by line on the chains it names."""

from collections.abc import Mapping

from domain.chains import Family, family_of
from domain.errors import UpstreamUnavailable
from domain.payments import Receipt
from domain.receipts import ReceiptBook, ReceiptLine, book_problems
from starter.verifying.book import BookChecked, LineChecked, Verdict, line_problem
from starter.verifying.evm import evm_network_problem, evm_problem
from starter.verifying.node import Node
from starter.verifying.svm import svm_network_problem, svm_problem

Nodes = Mapping[Family, Node]


def check_book(book: ReceiptBook, nodes: Nodes) -> BookChecked:
    """Check a book by itself and each of its lines on its chain."""
    networks: dict[str, str | None] = {}
    checked = [_checked(line, nodes, networks) for line in book.lines]
    return BookChecked(book=book, problems=book_problems(book), lines=tuple(checked))


def _checked(line: ReceiptLine, nodes: Nodes, networks: dict[str, str | None]) -> LineChecked:
    contradiction = line_problem(line)
    if contradiction is not None:
        return LineChecked(line=line, verdict=Verdict.REFUTED, why=contradiction)
    family = family_of(line.receipt.network)
    node = nodes.get(family) if family is not None else None
    if family is None or node is None:
        why = f"no node of {line.receipt.network} was named"
        return LineChecked(line=line, verdict=Verdict.NOT_ASKED, why=why)
    try:
        wrong = _network_problem(family, node, line.receipt.network, networks)
        if wrong is not None:
            return LineChecked(line=line, verdict=Verdict.NOT_ASKED, why=wrong)
        problem = _on_chain(family, node, line.receipt)
    except UpstreamUnavailable as err:
        return LineChecked(line=line, verdict=Verdict.NOT_ASKED, why=err.message)
    if problem is not None:
        return LineChecked(line=line, verdict=Verdict.REFUTED, why=problem)
    return LineChecked(line=line, verdict=Verdict.PROVEN)


def _network_problem(
    family: Family, node: Node, network: str, known: dict[str, str | None]
) -> str | None:
    if network not in known:
        ask = svm_network_problem if family is Family.SVM else evm_network_problem
        known[network] = ask(node, network)
    return known[network]


def _on_chain(family: Family, node: Node, receipt: Receipt) -> str | None:
    return svm_problem(node, receipt) if family is Family.SVM else evm_problem(node, receipt)
