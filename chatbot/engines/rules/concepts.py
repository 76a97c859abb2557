"""What words are about, in three languages: «abonar», «quitar a dívida» and «settle up» are all paying.

A class of words is evidence that reaches further than the words that were seen in training: another verb of the same
class, or its Portuguese sister, counts too. A word may be of several classes; «*» stands for any ending.
"""

from __future__ import annotations

from functools import lru_cache

from chatbot.engines.rules.words import is_near, sound

NEAR_FROM = 6  # letters from which a slip is forgiven

CONCEPTS: dict[str, str] = {
    "pay": """
        pagar* pago pagos paga pagas pagan pagamos pague* pagad* pagu* abon* cancelar cancelo deposit*
        transfer* consign* girar giro yape* plin saldar liquidar quitar acertar pay pays paying payment*
        paid settle deposit
    """,
    "paid": """
        pague pagado pagamos pagaron deposite depositado transferi transferido abone cancele consigne yapee
        gire paguei pago fiz mandei enviei depositei paid sent transferred made
    """,
    "owe": """
        deb* debo adeud* deuda* saldo* moros* debiendo dev* devo divida* debito* owe* owing debt balance
        outstanding due
    """,
    "amount": "cuanto* monto valor total importe cifra cantidad quanto* montante much amount sum",
    "price": """
        preci* cost* cuest* vale tarif* cobr* caro barat* econom* promoc* promo oferta* descuent* precos
        preco custa custo mensalid* desconto* price* fee* rate* cheap* expensive deal* discount* promotion*
        offer* pricing
    """,
    "plan": "plan* paquete* plano* pacote* package* tier* bundle* combo*",
    "speed": "mega* mbps mb velocid* gb giga* rapid* speed* fast* bandwidth mbit*",
    "more": """
        mas mayor aument* subir* sub* mejor* ampli* maior mais melhor* more higher upgrade* faster bigger
        increase bump
    """,
    "less": "menos menor bajar* baj* reduc* diminu* baix* less lower downgrade* slower smaller reduce cheaper",
    "change": "cambi* modific* mudar* muda* troc* alter* migr* pasar* switch* change* changing swap",
    "bill": """
        factur* recib* boleta* fatura* boleto* conta bill* invoice* statement pdf xml comprobante nota
        segunda planilla
    """,
    "proof": """
        comprobante* voucher* boucher* baucher* ticket captura soporte constancia comprovante* print recibo
        receipt screenshot proof slip
    """,
    "send": "mand* envi* pas* reenvi* adjunt* compart* anex* encaminh* send* sent forward* attach* email* share",
    "copy": "copia* duplicado* descarg* baixar via copy duplicate download* resend* reprint",
    "when": "cuando dia fecha* plazo vence* vencim* limite* quando data prazo when date deadline due expire* day",
    "cut": "cort* suspend* suspens* bloque* desconect* deslig* cut disconnect* shut blocked inactiv*",
    "restore": """
        reconect* reactiv* reconex* rehabilit* activ* habilit* relig* reativ* ativ* religa* desbloque*
        restor* reconnect* reactivat* resume unblock
    """,
    "net": """
        internet inter wifi red senal linea servicio conexion fibra interne rede sinal conexao net
        connection network signal line service internets
    """,
    "gear": """
        modem router ruter antena aparato equipo cajita roteador onu ont moden repetidor cable cabo fio
        antenna box device extender
    """,
    "broken": """
        cae* cayo caid* lent* fall* averi* intermit* inestab* traba* cuelg* mal mala malo pesim* roj* jala
        sirve funcion* anda carga navega agarra prende quem* dan* romp* caiu cai queda ruim trava* travan*
        oscil* instav* funciona pega abre down slow* drop* outage* broken lag* buffering red dead unstable
        freez* working works load* crawl*
    """,
    "not": "no ni sin nada nunca tampoco nao sem nem not dont doesnt isnt wont cant without never none aint",
    "outage": """
        falla averia incidencia masiva problema* corte mantenimiento apagon manutencao falha problema
        massiva queda outage issue* problem* maintenance
    """,
    "area": """
        zona sector barrio colonia calle vereda comunidad pueblo regiao bairro rua cidade interior area
        neighborhood street zone town village block
    """,
    "reach": """
        cobertura llega* cubr* alcanz* disponib* factibilid* chega* atende* cobre* alcan* disponiv* coverage
        cover* reach* availab* serve
    """,
    "contract": """
        contrat* instal* adquir* afili* inscri* registr* suscri* alta poner cliente assin* cadastr* aderir
        install* sign* subscrib* register* join* customer
    """,
    "try": "prueba probar gratis teste testar gratuito experimentar trial free try test",
    "end": """
        cancelar* cancelac* baja retir* anul* terminar rescind* desinstal* dejar cancelamento encerr*
        rescis* desist* cancel* terminat* end quit leave close stop
    """,
    "pause": "pausar paus* congelar temporal* suspender viaj* pause hold freeze temporarily vacation",
    "move": "mud* traslad* traspas* mudanza reubic* mover transfer* mudanca reloc* mov* transport*",
    "home": """
        casa domicilio direccion departamento depa apartamento vivienda endereco predio home house apartment
        address place
    """,
    "password": "clave* contrasen* password* pasword* contra pass senha* pasguord passcode passphrase key",
    "forget": "olvid* perdi recuer* recuper* esquec* lembr* forgot* forget* remember lost reset*",
    "hours": """
        hora* horario* abren abiert* cierra* cerrad* atiend* sabado* domingo* feriado* aberto* abre fecha*
        atend* feriado open* close* hours holiday* sunday* saturday* weekend*
    """,
    "office": """
        oficina* local sucursal* ubic* direccion tienda escritorio loja endereco filial localiz* office*
        store* branch* located location address shop
    """,
    "where": "donde adonde onde aonde where",
    "how": "como how medios metodos formas maneras meios",
    "method": """
        cuenta tarjeta efectivo oxxo nequi daviplata plin yape banco transferencia link qr clabe cbu alias
        pix boleto cartao conta chave dinheiro loterica card cash bank account zelle paypal online app venmo
    """,
    "person": """
        persona* asesor* humano* agente* operador* alguien encargad* gerente* jefe dueno representante
        ejecutiv* atendente* pessoa* alguem humano supervisor* person human agent* representative someone
        somebody manager operator staff rep
    """,
    "talk": """
        habl* comunic* llam* atiend* contest* marqu* platic* fal* lig* atend* conversar talk* speak* call*
        answer* chat reach contact
    """,
    "angry": """
        pesim* estaf* ladron* rater* queja* reclam* demand* denunc* asco horribl* harto harta basura
        porqueria inutil* verguenza mierda abogado profeco procon anatel absurd* palhac* ladro* vergonh*
        lixo process* advogado descas* terrible worst scam* thie* lawyer sue complaint* complain* ridiculous
        awful unacceptable useless fraud garbage fcc
    """,
    "promise": """
        prorroga chance plazo esper* espera aguant* quincena promet* compromet* apenas acuerdo convenio
        prazo espera* promess* combinar acordo extension wait promise* until arrangement grace extend later
        payday
    """,
    "day": """
        lunes martes miercoles jueves viernes sabado domingo manana quincena semana segunda terca quarta
        quinta sexta amanha monday tuesday wednesday thursday friday tomorrow week weekend
    """,
    "topup": """
        recarg* ficha* prepag* prepago pin pase comprar compro vend* dias horas pre recarreg* credit* diaria
        avulso top topup prepaid recharge* buy purchase days voucher pass
    """,
    "greet": """
        hola ola buenas buenos saludos hey alo holi wenas oi opa bom boa hello hi hiya morning afternoon
        evening greetings yo
    """,
    "thank": "gracias agradec* amable obrigad* valeu brigad* vlw thanks thank thx cheers appreciate",
    "bye": "adios chau chao bye luego tchau ate falou goodbye cya",
    "ok": """
        ok vale listo dale bueno perfecto entendido enterado claro beleza blz certo ta entendi perfeito okay
        sure alright great fine yes si sim yep
    """,
    "other": """
        pizza taxi perro gato carro auto moto luz agua gas celular facebook instagram banco dolar partido
        futbol doctor medico iglesia escuela trabajo empleo vacante* curriculum credito prestamo* pasaje bus
        hotel comida tarea receta clima chiste amor cumpleanos navidad loteria bitcoin cine pelicula musica
        restaurante farmacia cachorro onibus energia emprego vaga jogo aula prova receita piada tempo
        remedio mercado viagem car dog cat job jobs weather joke game school homework flight recipe movie
        song loan birthday electricity water novio novia bebe cancha gol mundial misa pastor gasolina
        tortilla* leche pan pollo cerveza garrafon cilindro tomate carne zapato* ropa vestido reloj laptop
        computadora impresora iphone samsung netflix spotify tiktok youtuber vuelo avion autobus camion
        playa vacaciones universidad colegio examen matematica* albanil plomero mariachi* payaso mecanico
        peluqueria estetica dentista hospital vacuna cita terreno alquil* bono* casino apuesta* seguro
        cajero sat ine pasaporte licencia marketing publicidad seo inversion* criptomoneda* curriculo
        namorad* cerveja frango leite pao sapato* roupa relogio notebook aviao praia ferias faculdade escola
        pedreiro encanador academia vacina posto aluguel aposta* tigrinho ipva detran cnh enem gov
        girlfriend boyfriend beer chicken milk bread shoes clothes watch airplane beach vacation class
        university exam math plumber gym dentist vaccine appointment rent insurance passport license
        investment* mortgage stock* uber amazon ebay crypto betting couch haircut tax taxes tickets concert
        soccer football church
    """,
    "inject": """
        ignora ignore instrucciones instructions prompt sistema system actua finge pretend instrucoes
        jailbreak admin
    """,
    "family": """
        esposa esposo marido mujer mama papa hija hijo hermana hermano suegra abuela tia vecina vecino amigo
        mae pai filho filha irmao irma avo vizinho mom dad mother father wife husband son daughter brother
        sister neighbor grandma
    """,
}


def _index() -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    exact: dict[str, list[str]] = {}
    stems: list[tuple[str, str]] = []
    for concept, words in CONCEPTS.items():
        for word in dict.fromkeys(words.split()):
            if word.endswith("*"):
                stems.append((sound(word[:-1]), concept))
            else:
                exact.setdefault(sound(word), []).append(concept)
    return exact, stems


EXACT, STEMS = _index()


@lru_cache(maxsize=20_000)
def concepts_of(word: str) -> tuple[str, ...]:
    """Return the classes of a word given as it sounds; a slip is forgiven in a long word of no class."""
    found = [*EXACT.get(word, ()), *(concept for stem, concept in STEMS if word.startswith(stem))]
    if not found and len(word) >= NEAR_FROM:
        near = (known for known in EXACT if known[0] == word[0] and len(known) >= NEAR_FROM and is_near(known, word))
        found = [concept for known in near for concept in EXACT[known]]
    return tuple(sorted(set(found)))
