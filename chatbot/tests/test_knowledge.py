"""Knowledge: what is found, what is rather not said, and what is collected for the staff."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatbot.domain.knowledge import KnowledgeRefused, add_document, add_faq, change_faq, remove_article
from chatbot.domain.knowledge_questions import answer_question, collect_question, dismiss_question
from chatbot.domain.knowledge_search import LONGEST, find_answer
from chatbot.models import Article, OpenQuestion, Passage
from chatbot.papers.reading import read_paper
from chatbot.tests.conftest import STAFF
from events.models import Event
from tenants.current import entered

pytestmark = pytest.mark.django_db

FAQS = {
    "¿Cuánto cuesta la instalación?": "La instalación cuesta $500 e incluye hasta 50 metros de cable.",
    "¿En qué colonias tienen cobertura?": "Llegamos a San Miguel, Las Palmas y El Refugio.",
    "¿Cuál es el horario de la oficina?": "De lunes a viernes de 9 a 18 h y sábados de 9 a 14 h.",
    "¿Qué planes tienen?": "50, 100 y 200 megas desde $399 al mes.",
    "¿Aceptan tarjeta?": "Sí, de débito y de crédito, en la oficina.",
    "¿Dan servicio para cámaras de vigilancia?": "Sí: un técnico le hace el presupuesto sin costo.",
}
CONTRACT = b"""# Contrato

## Plazo forzoso
El plazo es de 12 meses. Cancelar antes tiene una **penalizacion** de $800.

## Equipos en comodato
El router y la antena son del proveedor y se devuelven al terminar.
"""


def fill() -> None:
    for question, answer in FAQS.items():
        add_faq(question=question, answer=answer, actor=STAFF, now=timezone.now())


def title_of(text: str) -> str:
    found = find_answer(text, "es")
    return found.article.title if found else ""


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("cuanto cuesta la instalacion", "¿Cuánto cuesta la instalación?"),
        ("qué precio tiene la instlacion??", "¿Cuánto cuesta la instalación?"),
        ("hola buenas tardes, tienen covertura en las palmas?", "¿En qué colonias tienen cobertura?"),
        ("a qué hora abren", "¿Cuál es el horario de la oficina?"),
        ("cual es el orario de la ofisina", "¿Cuál es el horario de la oficina?"),
        ("QUE PLANES MANEJAN", "¿Qué planes tienen?"),
        ("aceptan targeta de credito", "¿Aceptan tarjeta?"),
        ("camaras de vijilancia", "¿Dan servicio para cámaras de vigilancia?"),
    ],
)
def test_what_is_written_without_accents_and_with_typos_is_found(in_norte, text, title):
    fill()
    assert title_of(text) == title


@pytest.mark.parametrize(
    "text",
    [
        "tienen cobertura en chapala",
        "aceptan transferencia",
        "me cobraron doble este mes",
        "el técnico no llegó ayer",
        "internet",
        "cuanto cuesta",
        "aun no pago",
        "venden celulares",
        "mi vecino se robó mi cable y quiero denunciarlo",
        "???",
        "' | !( <-> :*",
        "",
    ],
)
def test_silence_rather_than_a_wrong_answer(in_norte, text):
    fill()
    assert find_answer(text) is None


def test_an_answer_cites_its_source_and_fits(in_norte):
    long_title = "¿" + "Qué incluye el paquete empresarial " * 5 + "?"
    add_faq(question=long_title, answer="palabra " * 87, actor=STAFF, now=timezone.now())
    found = find_answer("qué incluye el paquete empresarial")
    assert found is not None
    assert len(found.answer) <= LONGEST
    assert found.answer.splitlines()[-1].startswith("Según: ¿Qué incluye el paquete")


def test_a_document_is_found_by_its_passages(in_norte):
    article = add_document(name="contrato.md", data=CONTRACT, title="Contrato", actor=STAFF, now=timezone.now())
    found = find_answer("cual es la penalización por cancelar antes del plazo")
    assert found is not None
    assert found.passage.heading == "Plazo forzoso"
    assert found.answer == (
        "El plazo es de 12 meses. Cancelar antes tiene una penalizacion de $800.\n\nSegún: Contrato"
    )
    assert find_answer("antena") is None
    assert find_answer("quiero cancelar el servicio") is None
    assert find_answer("equipos en comodato") is not None
    assert article.file.name.startswith("knowledge/")


def test_the_other_provider_knows_nothing_of_it(norte, sur):
    with entered(norte):
        fill()
        collect_question(text="¿Tienen telefonía fija?", conversation=None, now=timezone.now())
    with entered(sur):
        assert not Article.objects.exists()
        assert not OpenQuestion.objects.exists()
        assert find_answer("cuanto cuesta la instalacion") is None


def test_changing_and_removing_change_what_is_found(in_norte):
    fill()
    article = Article.objects.get(title="¿Aceptan tarjeta?")
    change_faq(article_id=article.pk, question="¿Aceptan cheques?", answer="No.", actor=STAFF, now=timezone.now())
    assert title_of("aceptan tarjeta") == ""
    assert title_of("aceptan cheques") == "¿Aceptan cheques?"
    remove_article(article_id=article.pk, actor=STAFF, now=timezone.now())
    assert title_of("aceptan cheques") == ""
    assert not Passage.objects.filter(article_id=article.pk).exists()
    assert list(Event.objects.filter(type__startswith="knowledge.").order_by("pk").values_list("type", flat=True))[
        -2:
    ] == ["knowledge.changed", "knowledge.removed"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question": " "}, "question"),
        ({"answer": " "}, "answer"),
        ({"answer": "x" * 701}, "answer"),
        ({"question": "x" * 201}, "question"),
        ({"question": "¿aceptan TARJETA?"}, "question"),
        ({"language": "fr"}, "language"),
        ({"answer": "a\x00b"}, "question"),
    ],
)
def test_what_cannot_be_kept_changes_nothing(in_norte, changes, field):
    fill()
    before = Event.objects.count()
    with pytest.raises(KnowledgeRefused) as refused:
        add_faq(**({"question": "¿Algo?", "answer": "Sí"} | changes), actor=STAFF, now=timezone.now())
    assert refused.value.field == field
    assert (Article.objects.count(), Event.objects.count()) == (len(FAQS), before)


def test_a_question_is_collected_once_with_a_count(in_norte):
    for text in ("¿Tienen telefonía fija?", "tienen TELEFONIA fija", "Tienen  telefonía fija!"):
        collect_question(text=text, conversation=None, now=timezone.now())
    row = OpenQuestion.objects.get()
    assert (row.text, row.times, row.state) == ("¿Tienen telefonía fija?", 3, "open")
    for text in ("ok", "hola", "jaja", "", "mi internet", "???"):
        assert collect_question(text=text, conversation=None, now=timezone.now()) is None
    assert OpenQuestion.objects.count() == 1


def test_numbers_of_people_are_not_kept(in_norte):
    row = collect_question(text="¿mi tarjeta 4111 1111 1111 1111 sirve?", conversation=None, now=timezone.now())
    assert row is not None
    assert row.text == "¿mi tarjeta # sirve?"


def test_answering_makes_an_entry_and_the_next_one_hears_it(in_norte):
    row = collect_question(text="¿Tienen telefonía fija?", conversation=None, now=timezone.now())
    assert row is not None
    same = {"question_id": row.pk, "question": "¿Tienen telefonía fija?", "actor": STAFF, "now": timezone.now()}
    article = answer_question(answer="Sí, desde $99.", **same)
    row.refresh_from_db()
    assert (row.state, row.article) == ("answered", article)
    assert title_of("tienen telefonia fija") == "¿Tienen telefonía fija?"
    with pytest.raises(KnowledgeRefused):
        answer_question(answer="No.", **same)
    assert Article.objects.count() == 1


def test_a_dismissed_one_counts_and_stays_away_and_an_answered_one_comes_back(in_norte):
    row = collect_question(text="¿Venden celulares?", conversation=None, now=timezone.now())
    assert row is not None
    dismiss_question(question_id=row.pk, actor=STAFF, now=timezone.now())
    again = collect_question(text="venden celulares?", conversation=None, now=timezone.now())
    assert again is not None
    assert (again.state, again.times) == ("dismissed", 2)
    OpenQuestion.objects.update(state="answered")
    back = collect_question(text="venden celulares?", conversation=None, now=timezone.now())
    assert back is not None
    assert back.state == "open"


@pytest.mark.parametrize("count", [1, 50])
def test_an_answer_costs_two_reads_however_much_is_known(in_norte, count):
    for n in range(count):
        add_faq(question=f"¿Cuánto cuesta la instalación {n}?", answer="500", actor=STAFF, now=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as reads:
        assert find_answer("cuanto cuesta la instalación 0") is not None
    assert len(reads) == 2


def test_nothing_of_html_is_kept_of_a_text():
    text = (
        "# Pagos <script>alert(1)</script>\n\nSe paga en <b>OXXO</b><script>\nalert(2)\n</script>, con"
        " [liga](javascript:alert(3)) o <https://pagos.ejemplo.com>, desde <10 pesos.\n<!-- oculto -->\n"
        "<style>p{}</style>"
    )
    [piece] = read_paper(name="a.md", data=text.encode()).pieces
    assert piece.heading == "Pagos"
    assert piece.text == "Se paga en OXXO, con liga o <https://pagos.ejemplo.com>, desde <10 pesos."
