"""What people who pay for internet in Latin America write, as patterns.

One pattern a line: groups in order, alternatives by «|», «*» for any ending, «-no|aun» for words that turn it
round when they come shortly before. The number is how much a match weighs.
"""

from __future__ import annotations

from chatbot import intents

NEGATED = "-no|aun|todavia|falta|ni|sin|nunca"
PROOF = "comprobante|recibo|voucher|boucher|baucher|ticket|captura|deposito|transferencia|foto|ficha|constancia"
PAID = "pague|pagado|page|pagamos|pagaron|deposite|depositado|depositamos|transferi|transferido|abone|abonado|cancele"
DAYS = "lunes|martes|miercoles|jueves|viernes|sabado|domingo|quincena|manana"
SLOW = "lento|lenta|lentisimo|lentisima|caido|caida|fallando|intermitente|inestable|debil|mala|malo"
A_PERSON = "alguien|persona|asesor|humano|agente|operador|encargado"
NET = "internet|inter|wifi|red|senal|linea|servicio|conexion|navegar|navegacion|modem|router"

TABLE: dict[str, dict[float, str]] = {
    intents.HUMAN: {
        1.0: f"""
            hablar|comunicarme|comunicar|contactar|platicar con|a {A_PERSON}
            hablar|comunicarme con|a ustedes|dueno|gerente|administrador|tecnico|soporte
            pasame|paseme|comuniqueme|comuniquenme|pasenme|atiendame|atiendanme con|una|un {A_PERSON}
            quiero|necesito|busco|prefiero|ocupo un|una|con asesor|persona|humano|agente|ejecutivo|operador
            atencion a|al cliente
            me pueden|puede|podria|podrian llamar|marcar
            llamame|llameme|llamenme|marquenme|marqueme
            me|nos llamen|marquen|llame|marque|hablen
            tecnico|tecnicos -con|soy
            hay|esta alguien|persona -no
            con el|la|tu|su dueno|duena|gerente|administrador|encargado|jefe|jefa|patron
            atender|atiende|atienda|atiendan|atiendame una|un|alguien|por {A_PERSON}|favor
            atender|atiende|atienda|atiendan alguien
            con quien hablar|comunico|comunicarme|hablo
            hablar con|a alguien|usted|ustedes|senorita|senor|joven|muchacha|muchacho|ella|el
            que|alguien me atiendan|atienda|ayude|ayuden|conteste|contesten
            necesito|quiero|ocupo soporte|ayuda|atencion
            numero|telefono para|de|donde llamar|marcar|comunicarme|soporte|atencion|contacto
            pasame|paseme|paseme a|con {A_PERSON}
            eres|es|hablo un|una|con robot|maquina|bot
            no quiero|hablo|hablar robot|bot|maquina
        """,
        0.95: """
            pesimo|pesima|malisimo|malisima|horrible|asco|mal|mala|peor servicio|atencion|empresa
            nunca|nadie contesta|contestan|atiende|atienden|responde|responden|resuelven
            no|nadie|nunca me|nos resuelven|contestan|atienden|ayudan|responden|solucionan
            contesten|respondan|contestenme|respondanme
            servicio|atencion|empresa pesimo|malisimo|horrible|asco
            profeco|demanda|demandar|denunciar|denuncia|abogado|estafa|estafadores|rateros|ladrones|robo
            queja|quejarme|reclamo|reclamar|reclamacion
            harto|harta|cansado|cansada|molesto|molesta de|con|estoy
            asesor|asesora|humano|operadora
        """,
    },
    intents.PAYMENT_MADE: {
        1.0: f"""
            {PAID} {NEGATED}
            ya pago|hice|realice|quedo|esta|fue|mande|envie pago|deposito|transferencia|pagado|pagada {NEGATED}
            ya pago|pagaron|paga {NEGATED}|vencio|vence
            ya|se liquide|liquido|liquidamos|deposito {NEGATED}
            hice|realice|hicimos|realizamos|efectue el|un|mi|la|una pago|deposito|transferencia|abono {NEGATED}
            acabo de pagar|depositar|transferir|abonar
            mando|envio|paso|adjunto|anexo|comparto|mande|envie|dejo {PROOF}
            aqui|aca|ahi|este|esta|tiene|va {PROOF}
            este|aqui es mi|el pago
            pago|deposito|transferencia|yape|abono realizado|realizada|hecho|hecha|listo|efectuado|enviado {NEGATED}
            adjunto|anexo|comparto|mando|envio pago|deposito
            ya le|les yape|plin
            fui|fuimos|vengo|pase|pasamos|acabamos a|de pagar|depositar {NEGATED}
            confirmo|confirmar|reporto pago|deposito
        """,
        0.7: """
            comprobante|voucher|boucher|baucher de pago|deposito|transferencia
            comprobante|voucher|boucher|baucher
            recibieron|recibio|llego|vieron|checaron|revisaron mi|el pago|deposito|transferencia
            confirmar|confirmarme|confirme|confirman mi|el pago|deposito
        """,
        0.5: """
            pago|deposito|mensualidad de|del internet|servicio|mes|contrato
            mi pago|deposito|abono
        """,
    },
    intents.CANCEL: {
        1.0: """
            quiero|deseo|necesito|voy|quisiera|como cancelar|cancelo|terminar el|mi|contrato|la|servicio|internet|linea
            quiero|deseo|necesito|voy|quisiera dar|darme de baja
            dar|darme|denme|doy de baja
            baja del|de servicio|internet|contrato
            ya no|ni quiero|querer|ocupo|ocupare el|su|este servicio|internet
            ya no voy|quiero a querer|continuar|seguir servicio|internet|contrato
            quiero|deseo|quisiera cancelar
            retirar|quitar|dejar el|mi|su servicio|internet|contrato
            suspender|pausar|congelar mi|el servicio|internet|linea
            cancelacion|cancelar servicio|contrato|internet|linea
        """,
    },
    intents.MOVE: {
        1.0: """
            cambio|cambiar|cambie|cambiarme de domicilio|direccion|casa
            me|nos mude|mudo|mudar|mudamos|cambie|cambiamos
            voy|vamos a mudarme|mudarnos|cambiarme
            mover|trasladar|reubicar|pasar internet|servicio|antena|modem casa|domicilio|direccion|lado|cuarto|lugar
            cambiar|cambio|llevar|pasar a otra|otro|nueva|nuevo casa|domicilio|direccion|lugar|lado
            mudanza
        """,
    },
    intents.CHANGE_PLAN: {
        1.0: """
            cambiar|cambiarme|cambio|subir|bajar|aumentar|mejorar|modificar|pasarme|subirme plan|paquete|velocidad|megas
            mas|menos megas|velocidad -tengo|llegan
            contratar|poner mas megas|velocidad
            plan|paquete mas|menos barato|economico|rapido|caro|bajo|alto|grande|chico
        """,
    },
    intents.PROMISE: {
        1.0: f"""
            {DAYS} pago|deposito|pagare|paso|cubro|liquido|abono|transfiero
            pago|pagare|deposito|pagaria|liquido|cubro el|la|para|este|hasta|manana {DAYS}|dia|semana
            pago|pagare|deposito|pagaria|cubro manana
            me|nos da|dan|podria|pueden|puede|podrian esperar|esperan|espera|esperarme {DAYS}|chance|tiempo|dias|plazo
            dame|deme|denme|da|dan chance|prorroga|tiempo|plazo
            esperar|espereme|esperenme|esperan|aguantar|aguanten a|hasta|unos|al {DAYS}|dias
            hoy|rato|tarde|noche|luego|hora paso|pago|deposito|transfiero|liquido -ya|que|a
            paso|vengo|voy a pagar|depositar -donde|como|cuanto
            puedo|podria|podemos pagar|depositar {DAYS}|luego|despues -donde|como|cuanto
            deme|dame|denme|dar|da|ocupo|necesito unos|mas|otros|oportunidad dias|{DAYS}
            oportunidad hasta|para|de {DAYS}|pagar
            me|nos espera|espere|esperan|esperen a|al|hasta {DAYS}
            otra|proxima semana|quincena pago|deposito|abono
            pago|deposito|abono otra|proxima|siguiente semana|quincena
            puede|pueden|podria|podrian|me esperar|esperarme|esperan|espera unos|hasta|al|el
            prorroga|extension|plazo
            voy a pagar {DAYS}|luego
            pagare
        """,
    },
    intents.REPORT_FAULT: {
        1.0: f"""
            no tengo|hay|tenemos|tiene|agarro|agarra|agarramos|llega|jala|sirve|funciona|carga|anda|da|abre {NET}
            {NET} no tengo|hay|funciona|sirve|jala|anda|carga|llega|agarra|conecta|navega|responde|prende|entra
            no me|nos|se|esta|puedo|hay funciona|funcionando|sirve|jala|anda|carga|conecta|conectar|navegar|agarra
            sin {NET}
            no carga|abre|jala|sirve|funciona|agarra|prende nada
            no puedo|deja|permite entrar|navegar|conectar|conectarme|ver -pagar
            antena|modem|router|aparato|cajita|foco no prende|enciende|funciona|sirve|jala
            cuando|hora regresa|vuelve|regresara|volvera|arreglan|restablecen|reestablecen {NET}
            {NET} esta|anda|va|muy|bien {SLOW}|mal|cortado
            {SLOW} {NET}
            pesimo|pesima internet|inter|wifi|senal|conexion|velocidad
            cae|cayendo|corta|cortando|traba|desconecta a|cada|mucho|siempre cada|rato|momento|ratos
            se|me fue|va|cae|cayo|corta|corto|desconecta|traba|desconecto {NET}
            caido|caida {NET}|sistema
            {NET}|sistema caido|caida
            {NET} se|me fue|va|cae|cayo|corta|corto|desconecta|traba|pega|congela|pego
            me|nos cortaron|corto|suspendieron|quitaron|desconectaron|bajaron
            falla|fallas|problema|problemas|fallo|averia con|en|de|el|la|mi {NET}
            por que cortaron|corto|suspendieron|quitaron|desconectaron
            reportar|reporte una|un|de|que|por falla|averia|problema|{NET}
            esta|anda|muy|bien|super|demasiado|va {SLOW}
            luz|foco|led roja|rojo|parpadea|parpadeando
            los roja|rojo
        """,
        0.7: """
            lento|lenta|lentisimo|lentisima
            falla|fallas|fallando|averia|intermitente|intermitencia
            reconecten|reconectar|reconectarme|reactivar|reactiven|reactivarme|reconexion|reconectenme
            activen|activar|activenme|conectenme servicio|internet|linea
            no jala|sirve|funciona|agarra|prende|carga|navega|conecta
            no abre|abren|carga|cargan nada|paginas|facebook|videos|youtube|whatsapp
            hay|tienen falla|fallas
        """,
    },
    intents.WIFI_PASSWORD: {
        1.0: """
            clave|contrasena|password|contra|nombre del|de|la|mi|al wifi|internet|modem|router|red
            cambiar|cambiarle|olvide|recuperar|saber|perdi la|el|mi|una clave|contrasena|password|contra
            cual|cuales|dame es|la|mi clave|contrasena|password
        """,
        0.6: "clave|contrasena|password",
    },
    intents.HOW_TO_PAY: {
        1.0: """
            donde|como|adonde|aonde pago|pagar|paga|deposito|depositar|depositarle|transferir|transfiero|abono
            donde|como|adonde puedo|puede|podria|hago|realizo pagar|depositar|pago|transferir|deposito
            a|en que|cual|donde cuenta|tarjeta
            aceptan|reciben tarjeta|tarjetas|transferencia|transferencias|oxxo|yape|efectivo|deposito
            donde oficina|oficinas|sucursal|local
            como hago|realizo|efectuo pago|deposito
            a nombre quien deposito|transfiero|pago
            cual|que|numero cuenta para|de pagar|pago|depositar|deposito
            a|que numero yape|plin|nequi
            que bancos|banco|tarjetas aceptan|reciben|tienen|manejan|deposito
            se puede por|con|en transferencia|tarjeta|oxxo|efectivo|deposito
            otra|alguna forma|manera de pagar|pago
            numero|datos|no de|la cuenta|tarjeta|deposito|transferencia|bancarios|pago
            pasame|paseme|manda|mandame|mandeme|dame|deme|pasa|envieme|enviame la|el|los|su cuenta|tarjeta|datos
            formas|metodos|medios|opciones de pago
            puedo pagar con|en|por tarjeta|oxxo|transferencia|efectivo|linea|internet|yape|plin|nequi|pix
        """,
        0.6: "interbancaria|oxxo|yape|plin|nequi|daviplata",
    },
    intents.BALANCE: {
        1.0: """
            cuanto|cuantos|que debo|deberia|debemos|adeudo|adeudamos|deuda
            cuanto|que|cual es|seria|tengo|hay|son|va|toca|sale pagar|pago|adeudo|deuda|deber|saldo|total|abonar -cuenta
            cuanto|cual mi mensualidad|renta|cuota
            recibo|factura|pago|mensualidad vencido|vencida|atrasado|atrasada
            cuando me|nos cortan|corta|suspenden|vence
            que tanto|cantidad debo|pago
            cuanto le|les debo|deposito|pago
            cuanto pago|pagar|seria
            que|cual cantidad|monto|importe debo|pagar|pago|es|seria
            de|a cuanto es|asciende|seria mi|la|el recibo|factura|pago|deuda|mensualidad
            cuanto pendiente|atrasado|debiendo|abonar
            total|monto|cantidad a|de pagar|pago|cuenta|deuda
            estoy|ando|voy al corriente
            cuanto se|les|le debe
            vencio|vence mi|el|la pago|recibo|factura|mensualidad
            mi|el|de|cual saldo|deuda|adeudo|estado
            estado de cuenta
            saldo|deuda|adeudo pendiente|actual|vencido
            tengo algun|una|un|alguna|facturas|pagos|recibos adeudo|deuda|pendiente|pendientes|vencida|vencidas
            cuando|hasta|fecha|dia que|de|debo|me|toca|tengo|es|fecha|vence|el vence|pagar|pago|vencimiento|corte|vencio
            fecha de|limite|del pago|corte|vencimiento
            cuando|que vence|pago|corte|toca
            mi|la|ultima|factura factura|recibo|boleta
            debo algo|dinero|mucho|meses|mes
        """,
        0.7: """
            saldo|adeudo|deuda|factura|boleta
            debo|adeudo -no|que|lo
            cuanto es|seria|sale|salio|queda|falta|va
            cual seria|es monto|total|cantidad
        """,
    },
    intents.MY_PLAN: {
        1.0: """
            que|cual|cuantos|cuantas plan|paquete|velocidad|megas|mb|mbps tengo|es|contrate|contratado|contratada
            que|cual es|tengo mi|de plan|paquete|velocidad
            mi|de plan|paquete|velocidad contratado|contratada|actual
            cuantos|cuantas megas|mb|mbps
            datos de mi|plan servicio|plan|contrato
            mi plan|paquete|contrato
        """,
    },
    intents.PLANS_PRICES: {
        1.0: """
            quiero|quisiera|deseo|necesito|puedo|para|como contratar|instalar|contrato|instalacion|adquirir
            que|cuales|cuanto|tienen|hay|informacion|informes|costo|precio|precios|costos planes|paquetes
            planes|paquetes|precios|promociones|promocion tienen|manejan|hay|de|disponibles|internet
            cuanto cuesta|sale|vale|cobran|cobra internet|paquete|plan|servicio|instalacion|instalar|poner|contratar
            precio|precios|costo|costos internet|paquete|paquetes|plan|planes|servicio|instalacion|mensual
            hay|tienen|llega|llegan|cuentan cobertura
            hay|tienen|llega|llegan|dan servicio|internet|senal|cobertura en|por|hasta|para
            me|nos interesa|interesaria|interesan internet|servicio|plan|paquete|contratar
            cobertura en|por|para|hasta
            quiero|quisiera|queremos|deseo poner|instalen|instalar|pongan|internet casa|internet|servicio|domicilio
            precios|costos|tarifas
            que|cual costo|precio tiene|es|tienen|seria
            informacion|informes de|del|sobre servicio|internet|planes|paquetes
            cuanto cuesta|vale|cuestan
            informes|cotizar|cotizacion
        """,
        0.7: "cobertura|informes|contratar|promociones|paquetes|planes",
    },
    intents.THANKS: {
        0.4: """
            gracias|agradezco|agradecido|agradecida|agradecemos
            muy amable
            ya volvio|regreso|quedo|funciona|sirve|llego|jala internet|senal|servicio|gracias|bien
            adios|bye|hasta luego|pronto
        """,
    },
    intents.GREETING: {
        0.3: """
            hola|holi|holis|hey|saludos|alo
            buen dia|tarde|noche
            buenos|buenas|bonito|linda|excelente dias|tardes|noches|tarde|dia|noche
            buenos|buenas
            que tal|onda
            como esta|estan|estas -no
        """,
    },
    intents.ACKNOWLEDGED: {
        0.2: """
            ok|vale|va|sale|listo|enterado|enterada|entendido|entiendo|perfecto|bueno|si|claro|correcto|excelente|dale|sip|bien|acuerdo|okay
            beleza|blz|certo|combinado|sim|entendi|perfeito|joia|sure|alright|great|fine|yes|yep|yeah|cool
        """,
    },
}

# While the photo of a receipt is awaited, these say that it is coming, or that it will not come.
WAITING: dict[str, dict[float, str]] = {
    intents.ACKNOWLEDGED: {
        0.8: """
            ahorita|momento|minuto|segundo|rato|espera|espere|permitame|permiteme|voy|llego|llegue -no
            mando|envio|paso|busco|tomo|saco -no
        """,
    },
    intents.HUMAN: {
        1.0: """
            no tengo|dieron|guarde|encuentro|tome|puedo|hay|lo|la|me|se
            perdi|tire|borre el|la|lo comprobante|recibo|ticket|foto
        """,
    },
}

# «sí», «bueno», «listo» mean something of their own only when little else is said.
SHORT_ONLY = {intents.ACKNOWLEDGED}

# Real words one slip away from a word above that means something else.
KNOWN = frozenset(
    """
    pegado pega pagina paga pagas lista listas salgo sales cuando cuanta cuantas hacer pasado pasada pasar pensar
    lentes linda lineas serio series plano planta caso cosa cobro cobra corto corta casa nueva llegar llevar
    recibo recibi recibir fotos foto persona personas tengas vengo venga mando manda mandar hola sola cola
    debe deben debes puedes podemos haber favor hacen hace hacia dicho dice tarde tardes ahora antes despues
    """.split()  # noqa: SIM905 -- a hundred quotes read worse
)
