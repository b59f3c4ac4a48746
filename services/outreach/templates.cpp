#include "outreach/templates.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

namespace bridgework::outreach {
namespace {

constexpr auto kSms = Channel::kSms;
constexpr auto kEmail = Channel::kEmail;

constexpr std::array kTemplates = {
    // ---- acknowledgement
    Template{
        "acknowledgement", 1, "en", kEmail, "We have your message",
        "Hello[ {first_name}],\n\nthank you for writing to {practice}. We have your message and will get back to you.\n[\nYou can also "
        "call us: {phone}\n]"},
    Template{"acknowledgement", 1, "en", kSms, "",
             "{practice}: we have your message and will get back to you.[ Phone: {phone}.] Reply STOP to opt out."},
    Template{"acknowledgement", 1, "de", kEmail, "Ihre Nachricht ist angekommen",
             "Guten Tag[ {first_name}],\n\nvielen Dank für Ihre Nachricht an {practice}. Wir melden uns bei Ihnen.\n[\nSie erreichen uns "
             "auch telefonisch: {phone}\n]"},
    Template{"acknowledgement", 1, "de", kSms, "",
             "{practice}: Ihre Nachricht ist da, wir melden uns.[ Telefon: {phone}.] STOP beendet diese Nachrichten."},
    Template{"acknowledgement", 1, "es", kEmail, "Hemos recibido su mensaje",
             "Hola[ {first_name}]:\n\ngracias por escribir a {practice}. Hemos recibido su mensaje y le responderemos.\n[\nTambién puede "
             "llamarnos: {phone}\n]"},
    Template{"acknowledgement", 1, "es", kSms, "",
             "{practice}: hemos recibido su mensaje y le responderemos.[ Tel.: {phone}.] Responda STOP para no recibir mensajes."},
    Template{
        "acknowledgement", 1, "pt", kEmail, "Recebemos a sua mensagem",
        "Olá[ {first_name}],\n\nobrigado por escrever a {practice}. Recebemos a sua mensagem e entraremos em contacto.\n[\nTambém pode "
        "telefonar: {phone}\n]"},
    Template{"acknowledgement", 1, "pt", kSms, "",
             "{practice}: recebemos a sua mensagem e vamos responder.[ Tel.: {phone}.] Responda STOP para sair."},
    // ---- reminder
    Template{
        "reminder", 2, "en", kEmail, "Your visit on {date} at {time}",
        "Hello[ {first_name}],\n\nwe look forward to seeing you on {date} at {time} at {practice}.\n[\nPlease confirm here: {link}\n][\nIf "
        "you cannot come, please call us: {phone}\n][\nNo more e-mails: {unsubscribe}\n]"},
    Template{"reminder", 2, "en", kSms, "",
             "{practice}: your visit is on {date} at {time}.[ Questions? {phone}.] Reply YES to confirm, STOP to opt out."},
    Template{
        "reminder", 2, "de", kEmail, "Ihr Termin am {date} um {time}",
        "Guten Tag[ {first_name}],\n\nwir freuen uns auf Sie am {date} um {time} bei {practice}.\n[\nBitte bestätigen Sie hier: {link}\n]["
        "\nWenn Sie verhindert sind, rufen Sie uns bitte an: {phone}\n][\nKeine E-Mails mehr: {unsubscribe}\n]"},
    Template{"reminder", 2, "de", kSms, "",
             "{practice}: Ihr Termin ist am {date} um {time}.[ Fragen? {phone}.] JA bestätigt, STOP beendet diese Nachrichten."},
    Template{"reminder", 2, "es", kEmail, "Su cita del {date} a las {time}",
             "Hola[ {first_name}]:\n\nle esperamos el {date} a las {time} en {practice}.\n[\nConfirme aquí, por favor: {link}\n][\nSi no "
             "puede venir, llámenos: {phone}\n][\nNo recibir más correos: {unsubscribe}\n]"},
    Template{"reminder", 2, "es", kSms, "",
             "{practice}: su cita es el {date} a las {time}.[ Tel.: {phone}.] SI para confirmar, STOP para no recibir mensajes."},
    Template{
        "reminder", 2, "pt", kEmail, "A sua consulta de {date} às {time}",
        "Olá[ {first_name}],\n\nesperamos por si no dia {date} às {time} em {practice}.\n[\nConfirme aqui, por favor: {link}\n][\nSe não "
        "puder vir, telefone-nos: {phone}\n][\nNão receber mais e-mails: {unsubscribe}\n]"},
    Template{"reminder", 2, "pt", kSms, "",
             "{practice}: a sua consulta: {date}, {time}.[ Tel.: {phone}.] Responda SIM para confirmar, STOP para sair."},
    // ---- reminder of the visits of those who live together
    Template{"reminder_household", 1, "en", kEmail, "Visits of your household on {date}",
             "Hello[ {first_name}],\n\nwe look forward to seeing those of your household on {date} at {practice}: {time}.\n[\nPlease "
             "confirm here: "
             "{link}\n][\nIf somebody cannot come, please call us: {phone}\n][\nNo more e-mails: {unsubscribe}\n]"},
    Template{"reminder_household", 1, "en", kSms, "",
             "{practice}: visits of your household on {date}: {time}.[ Questions? {phone}.] Reply YES to confirm, STOP to opt out."},
    Template{"reminder_household", 1, "de", kEmail, "Termine Ihres Haushalts am {date}",
             "Guten Tag[ {first_name}],\n\nwir freuen uns am {date} bei {practice} auf Sie und die Ihren: {time}.\n[\nBitte bestätigen Sie "
             "hier: "
             "{link}\n][\nWenn jemand verhindert ist, rufen Sie uns bitte an: {phone}\n][\nKeine E-Mails mehr: {unsubscribe}\n]"},
    Template{"reminder_household", 1, "de", kSms, "",
             "{practice}: Termine Ihres Haushalts am {date}: {time}.[ Fragen? {phone}.] JA bestätigt, STOP beendet diese Nachrichten."},
    Template{"reminder_household", 1, "es", kEmail, "Citas de su familia el {date}",
             "Hola[ {first_name}]:\n\nles esperamos el {date} en {practice}: {time}.\n[\nConfirme aquí, por favor: {link}\n][\nSi alguien "
             "no puede "
             "venir, llámenos: {phone}\n][\nNo recibir más correos: {unsubscribe}\n]"},
    Template{"reminder_household", 1, "es", kSms, "",
             "{practice}: citas de su familia el {date}: {time}.[ Tel.: {phone}.] SI para confirmar, STOP para no recibir mensajes."},
    Template{"reminder_household", 1, "pt", kEmail, "Consultas da sua família a {date}",
             "Olá[ {first_name}],\n\nesperamos pela sua família no dia {date} em {practice}: {time}.\n[\nConfirme aqui, por favor: "
             "{link}\n][\nSe "
             "alguém não puder vir, telefone-nos: {phone}\n][\nNão receber mais e-mails: {unsubscribe}\n]"},
    Template{"reminder_household", 1, "pt", kSms, "",
             "{practice}: consultas da sua família: {date}: {time}.[ Tel.: {phone}.] Responda SIM para confirmar, STOP para sair."},
    // ---- booked: what was agreed with nobody there to tell it
    Template{"booked", 1, "en", kEmail, "Your visit on {date} at {time} is booked",
             "Hello[ {first_name}],\n\nyour visit is booked: {date} at {time} at {practice}.\n[\nTo see it, cancel it or ask for another "
             "time: {link}\n][\nOr call us: {phone}\n]"},
    Template{"booked", 1, "en", kSms, "", "{practice}: booked, {date} {time}.[ See or cancel: {link}] Reply STOP to opt out."},
    Template{"booked", 1, "de", kEmail, "Ihr Termin am {date} um {time} ist gebucht",
             "Guten Tag[ {first_name}],\n\nIhr Termin ist gebucht: {date} um {time} bei {practice}.\n[\nAnsehen, absagen oder um eine "
             "andere Zeit bitten: {link}\n][\nOder rufen Sie uns an: {phone}\n]"},
    Template{"booked", 1, "de", kSms, "", "{practice}: gebucht, {date} {time}.[ Ansehen, absagen: {link}] STOP = keine SMS."},
    Template{"booked", 1, "es", kEmail, "Su cita del {date} a las {time} está reservada",
             "Hola[ {first_name}]:\n\nsu cita está reservada: {date} a las {time} en {practice}.\n[\nPara verla, cancelarla o pedir otra "
             "hora: {link}\n][\nO llámenos: {phone}\n]"},
    Template{"booked", 1, "es", kSms, "", "{practice}: cita el {date} {time}.[ Ver o cancelar: {link}] STOP para salir."},
    Template{"booked", 1, "pt", kEmail, "A sua consulta de {date} às {time} está marcada",
             "Olá[ {first_name}],\n\na sua consulta está marcada: {date} às {time} em {practice}.\n[\nPara a ver, cancelar ou pedir outra "
             "hora: {link}\n][\nOu telefone-nos: {phone}\n]"},
    Template{"booked", 1, "pt", kSms, "", "{practice}: consulta {date} {time}.[ Ver ou cancelar: {link}] STOP para sair."},
    // ---- follow-up: what is open is told in the practice, never in a message
    Template{
        "follow_up", 2, "en", kEmail, "We would like to hear from you",
        "Hello[ {first_name}],\n\nthe team of {practice} would like to talk with you about your next visit.\n[\nPlease call us: {phone}\n]["
        "\nBook online: {link}\n][\nNo more e-mails: {unsubscribe}\n]"},
    Template{"follow_up", 1, "en", kSms, "",
             "{practice}: we would like to arrange your next visit.[ Please call {phone}.] Reply STOP to opt out."},
    Template{
        "follow_up", 2, "de", kEmail, "Wir würden gern von Ihnen hören",
        "Guten Tag[ {first_name}],\n\ndas Team von {practice} möchte gern Ihren nächsten Besuch mit Ihnen besprechen.\n[\nBitte rufen Sie "
        "uns an: {phone}\n][\nOnline buchen: {link}\n][\nKeine E-Mails mehr: {unsubscribe}\n]"},
    Template{"follow_up", 1, "de", kSms, "",
             "{practice}: wir möchten Ihren nächsten Besuch vereinbaren.[ Bitte rufen Sie an: {phone}.] STOP beendet diese Nachrichten."},
    Template{"follow_up", 2, "es", kEmail, "Nos gustaría saber de usted",
             "Hola[ {first_name}]:\n\nel equipo de {practice} quisiera hablar con usted sobre su próxima visita.\n[\nLlámenos, por favor: "
             "{phone}\n][\nReserve en línea: {link}\n][\nNo recibir más correos: {unsubscribe}\n]"},
    Template{"follow_up", 1, "es", kSms, "",
             "{practice}: nos gustaría acordar su próxima visita.[ Llame al {phone}.] Responda STOP para no recibir mensajes."},
    Template{
        "follow_up", 2, "pt", kEmail, "Gostaríamos de falar consigo",
        "Olá[ {first_name}],\n\na equipa de {practice} gostaria de falar consigo sobre a sua próxima visita.\n[\nTelefone-nos, por favor: "
        "{phone}\n][\nMarque online: {link}\n][\nNão receber mais e-mails: {unsubscribe}\n]"},
    Template{"follow_up", 1, "pt", kSms, "",
             "{practice}: gostaríamos de marcar a sua próxima visita.[ Ligue {phone}.] Responda STOP para sair."},
    // ---- survey
    Template{"survey", 1, "en", kEmail, "How was your visit?",
             "Hello[ {first_name}],\n\nhow was your visit to {practice}? One question, one minute:\n\n{link}\n[\nNo more e-mails: "
             "{unsubscribe}\n]"},
    Template{"survey", 1, "en", kSms, "", "{practice}: how was your visit? {link} Reply STOP to opt out."},
    Template{"survey", 1, "de", kEmail, "Wie war Ihr Besuch?",
             "Guten Tag[ {first_name}],\n\nwie war Ihr Besuch bei {practice}? Eine Frage, eine Minute:\n\n{link}\n[\nKeine E-Mails mehr: "
             "{unsubscribe}\n]"},
    Template{"survey", 1, "de", kSms, "", "{practice}: Wie war Ihr Besuch? {link} STOP beendet diese Nachrichten."},
    Template{"survey", 1, "es", kEmail, "¿Cómo fue su visita?",
             "Hola[ {first_name}]:\n\n¿cómo fue su visita a {practice}? Una pregunta, un minuto:\n\n{link}\n[\nNo recibir más correos: "
             "{unsubscribe}\n]"},
    Template{"survey", 1, "es", kSms, "", "{practice}: ¿qué tal su visita? {link} Responda STOP para no recibir mensajes."},
    Template{"survey", 1, "pt", kEmail, "Como foi a sua visita?",
             "Olá[ {first_name}],\n\ncomo foi a sua visita a {practice}? Uma pergunta, um minuto:\n\n{link}\n[\nNão receber mais e-mails: "
             "{unsubscribe}\n]"},
    Template{"survey", 1, "pt", kSms, "", "{practice}: como foi a sua visita? {link} Responda STOP para sair."},
    // ---- short notice: a time is free, it is yours, somebody was faster
    Template{
        "short_notice", 1, "en", kEmail, "A time has become free",
        "Hello[ {first_name}],\n\na time has become free at {practice}: {date} at {time}. The first to take it has it.\n[\nSee it and take "
        "it here: {link}\n][\nOr call us: {phone}\n]"},
    Template{"short_notice", 1, "en", kSms, "", "{practice}: {date} {time} is free.[ {link}] Reply YES to take it, STOP to opt out."},
    Template{
        "short_notice", 1, "de", kEmail, "Ein Termin ist frei geworden",
        "Guten Tag[ {first_name}],\n\nbei {practice} ist ein Termin frei geworden: {date}, {time}. Wer zuerst zusagt, hat ihn.\n[\nHier "
        "ansehen und zusagen: {link}\n][\nOder rufen Sie uns an: {phone}\n]"},
    Template{"short_notice", 1, "de", kSms, "", "{practice}: {date} {time} ist frei.[ {link}] JA = gern, STOP = keine SMS mehr."},
    Template{
        "short_notice", 1, "es", kEmail, "Ha quedado una hora libre",
        "Hola[ {first_name}]:\n\nha quedado una hora libre en {practice}: {date}, {time}. Será para quien primero la acepte.\n[\nVéala y "
        "acéptela aquí: {link}\n][\nO llámenos: {phone}\n]"},
    Template{"short_notice", 1, "es", kSms, "", "{practice}: {date} {time} libre.[ {link}] Responda SI para aceptar, STOP para salir."},
    Template{
        "short_notice", 1, "pt", kEmail, "Ficou livre um horário",
        "Olá[ {first_name}],\n\nficou livre um horário em {practice}: {date}, {time}. Será de quem primeiro o aceitar.\n[\nVeja e aceite "
        "aqui: {link}\n][\nOu telefone-nos: {phone}\n]"},
    Template{"short_notice", 1, "pt", kSms, "", "{practice}: {date} {time} livre.[ {link}] Responda SIM para aceitar, STOP para sair."},
    Template{
        "short_notice_booked", 1, "en", kEmail, "The time is yours",
        "Hello[ {first_name}],\n\nthe time is yours: we look forward to seeing you on {date} at {time} at {practice}.\n[\nIf you cannot "
        "come, please call us: {phone}\n]"},
    Template{"short_notice_booked", 1, "en", kSms, "",
             "{practice}: it is yours, see you on {date} at {time}.[ Questions? {phone}.] Reply STOP to opt out."},
    Template{
        "short_notice_booked", 1, "de", kEmail, "Der Termin gehört Ihnen",
        "Guten Tag[ {first_name}],\n\nder Termin gehört Ihnen: Wir freuen uns auf Sie am {date} um {time} bei {practice}.\n[\nWenn Sie "
        "verhindert sind, rufen Sie uns bitte an: {phone}\n]"},
    Template{"short_notice_booked", 1, "de", kSms, "",
             "{practice}: Der Termin gehört Ihnen: {date}, {time}.[ Fragen? {phone}.] STOP beendet diese Nachrichten."},
    Template{"short_notice_booked", 1, "es", kEmail, "La hora es suya",
             "Hola[ {first_name}]:\n\nla hora es suya: le esperamos el {date} a las {time} en {practice}.\n[\nSi no puede venir, llámenos: "
             "{phone}\n]"},
    Template{"short_notice_booked", 1, "es", kSms, "",
             "{practice}: la hora es suya: {date}, {time}.[ Tel.: {phone}.] Responda STOP para no recibir mensajes."},
    Template{"short_notice_booked", 1, "pt", kEmail, "O horário é seu",
             "Olá[ {first_name}],\n\no horário é seu: esperamos por si no dia {date} às {time} em {practice}.\n[\nSe não puder vir, "
             "telefone-nos: {phone}\n]"},
    Template{"short_notice_booked", 1, "pt", kSms, "",
             "{practice}: o horário é seu: {date}, {time}.[ Tel.: {phone}.] Responda STOP para sair."},
    Template{
        "short_notice_gone", 1, "en", kEmail, "Somebody was faster",
        "Hello[ {first_name}],\n\nthank you for your answer. Somebody was faster this time, and {practice} has given that time away.\n[\n"
        "These are the next ones: {link}\n][\nOr call us: {phone}\n]"},
    Template{"short_notice_gone", 1, "en", kSms, "", "{practice}: sorry, that time is taken.[ Others: {link}] Reply STOP to opt out."},
    Template{"short_notice_gone", 1, "de", kEmail, "Jemand war schneller",
             "Guten Tag[ {first_name}],\n\nvielen Dank für Ihre Antwort. Diesmal war jemand schneller, der Termin bei {practice} ist "
             "vergeben.\n["
             "\nDas sind die nächsten: {link}\n][\nOder rufen Sie uns an: {phone}\n]"},
    Template{"short_notice_gone", 1, "de", kSms, "", "{practice}: Der Termin ist leider vergeben.[ Andere: {link}] STOP = keine SMS mehr."},
    Template{"short_notice_gone", 1, "es", kEmail, "Alguien se adelantó",
             "Hola[ {first_name}]:\n\ngracias por su respuesta. Esta vez alguien se adelantó y {practice} ya ha dado esa hora.\n[\nEstas "
             "son las "
             "siguientes: {link}\n][\nO llámenos: {phone}\n]"},
    Template{"short_notice_gone", 1, "es", kSms, "", "{practice}: esa hora ya no está libre.[ Otras: {link}] Responda STOP para salir."},
    Template{"short_notice_gone", 1, "pt", kEmail, "Alguém foi mais rápido",
             "Olá[ {first_name}],\n\nobrigado pela resposta. Desta vez alguém foi mais rápido e {practice} já deu esse horário.\n[\nEstes "
             "são os "
             "seguintes: {link}\n][\nOu telefone-nos: {phone}\n]"},
    Template{"short_notice_gone", 1, "pt", kSms, "",
             "{practice}: esse horário já não está livre.[ Outros: {link}] Responda STOP para sair."},
    // ---- a missed call
    Template{"missed_call", 1, "en", kEmail, "We missed your call",
             "Hello[ {first_name}],\n\nwe are sorry that we missed your call to {practice}. We will call you back.\n[\nPlease call us: "
             "{phone}\n]"},
    Template{"missed_call", 1, "en", kSms, "",
             "{practice}: sorry we missed your call, we will call you back.[ Phone: {phone}.] Reply STOP to opt out."},
    Template{"missed_call", 1, "de", kEmail, "Wir haben Ihren Anruf verpasst",
             "Guten Tag[ {first_name}],\n\nleider haben wir Ihren Anruf bei {practice} verpasst. Wir rufen Sie zurück.\n[\nBitte rufen Sie "
             "uns an: {phone}\n]"},
    Template{"missed_call", 1, "de", kSms, "",
             "{practice}: leider haben wir Ihren Anruf verpasst, wir rufen zurück.[ Telefon: {phone}.] STOP beendet diese Nachrichten."},
    Template{
        "missed_call", 1, "es", kEmail, "No pudimos atender su llamada",
        "Hola[ {first_name}]:\n\nsentimos no haber atendido su llamada a {practice}. Le llamaremos.\n[\nLlámenos, por favor: {phone}\n]"},
    Template{"missed_call", 1, "es", kSms, "",
             "{practice}: sentimos no haber atendido su llamada, le llamaremos.[ Tel.: {phone}.] Responda STOP para no recibir mensajes."},
    Template{"missed_call", 1, "pt", kEmail, "Não atendemos a sua chamada",
             "Olá[ {first_name}],\n\nlamentamos não ter atendido a sua chamada para {practice}. Vamos ligar de volta.\n[\nTelefone-nos, "
             "por favor: {phone}\n]"},
    Template{"missed_call", 1, "pt", kSms, "",
             "{practice}: lamentamos não ter atendido, vamos ligar de volta.[ Tel.: {phone}.] Responda STOP para sair."},
    // ---- nurture: whoever was not ready yet
    Template{"nurture", 1, "en", kEmail, "Whenever you are ready",
             "Hello[ {first_name}],\n\nyou asked {practice} a while ago. Whenever you are ready, we are here.\n[\nPlease call us: "
             "{phone}\n][\nNo more e-mails: {unsubscribe}\n]"},
    Template{"nurture", 1, "en", kSms, "", "{practice}: whenever you are ready, we are here.[ Phone: {phone}.] Reply STOP to opt out."},
    Template{"nurture", 1, "de", kEmail, "Wann immer Sie möchten",
             "Guten Tag[ {first_name}],\n\nSie haben {practice} vor einiger Zeit geschrieben. Wann immer Sie möchten, wir sind für Sie "
             "da.\n[\nBitte rufen Sie uns an: {phone}\n][\nKeine E-Mails mehr: {unsubscribe}\n]"},
    Template{"nurture", 1, "de", kSms, "",
             "{practice}: wann immer Sie möchten, wir sind da.[ Telefon: {phone}.] STOP beendet diese Nachrichten."},
    Template{"nurture", 1, "es", kEmail, "Cuando usted quiera",
             "Hola[ {first_name}]:\n\nhace un tiempo escribió a {practice}. Cuando usted quiera, aquí estamos.\n[\nLlámenos, por favor: "
             "{phone}\n][\nNo recibir más correos: {unsubscribe}\n]"},
    Template{"nurture", 1, "es", kSms, "",
             "{practice}: cuando usted quiera, aquí estamos.[ Tel.: {phone}.] Responda STOP para no recibir mensajes."},
    Template{"nurture", 1, "pt", kEmail, "Quando quiser",
             "Olá[ {first_name}],\n\nhá algum tempo escreveu a {practice}. Quando quiser, estamos aqui.\n[\nTelefone-nos, por favor: "
             "{phone}\n][\nNão receber mais e-mails: {unsubscribe}\n]"},
    Template{"nurture", 1, "pt", kSms, "", "{practice}: quando quiser, estamos aqui.[ Tel.: {phone}.] Responda STOP para sair."},
    // ---- thanks for a referral: not a word about who came
    Template{"referral_thanks", 1, "en", kEmail, "Thank you",
             "Hello[ {first_name}],\n\nthank you for recommending {practice}. Your trust means a lot to us.\n[\nNo more e-mails: "
             "{unsubscribe}\n]"},
    Template{"referral_thanks", 1, "en", kSms, "", "{practice}: thank you for recommending us. Reply STOP to opt out."},
    Template{"referral_thanks", 1, "de", kEmail, "Vielen Dank",
             "Guten Tag[ {first_name}],\n\nvielen Dank, dass Sie {practice} empfohlen haben. Ihr Vertrauen bedeutet uns viel.\n[\nKeine "
             "E-Mails mehr: {unsubscribe}\n]"},
    Template{"referral_thanks", 1, "de", kSms, "", "{practice}: vielen Dank für Ihre Empfehlung. STOP beendet diese Nachrichten."},
    Template{"referral_thanks", 1, "es", kEmail, "Gracias",
             "Hola[ {first_name}]:\n\ngracias por recomendar {practice}. Su confianza significa mucho para nosotros.\n[\nNo recibir más "
             "correos: {unsubscribe}\n]"},
    Template{"referral_thanks", 1, "es", kSms, "", "{practice}: gracias por recomendarnos. Responda STOP para no recibir mensajes."},
    Template{"referral_thanks", 1, "pt", kEmail, "Obrigado",
             "Olá[ {first_name}],\n\nobrigado por recomendar {practice}. A sua confiança significa muito para nós.\n[\nNão receber mais "
             "e-mails: {unsubscribe}\n]"},
    Template{"referral_thanks", 1, "pt", kSms, "", "{practice}: obrigado por nos recomendar. Responda STOP para sair."},
    // ---- the link for booking that somebody has asked for, perhaps somebody else
    Template{"booking_link", 1, "en", kEmail, "Your link for booking",
             "Hello[ {first_name}],\n\nyou have asked {practice} for a link to book a visit. It is good for one hour:\n\n{link}\n\nIf it "
             "was not you, there is nothing to do: without this link nobody books for you.\n[\nYou can also call us: {phone}\n]"},
    Template{"booking_link", 1, "en", kSms, "", "{practice}: book here within the hour: {link} Reply STOP to opt out."},
    Template{"booking_link", 1, "de", kEmail, "Ihr Link zum Buchen",
             "Guten Tag[ {first_name}],\n\nSie haben {practice} um einen Link gebeten, um einen Termin zu buchen. Er gilt eine "
             "Stunde:\n\n{link}\n\nWaren Sie das nicht, ist nichts zu tun: Ohne diesen Link bucht niemand für Sie.\n[\nSie erreichen uns "
             "auch telefonisch: {phone}\n]"},
    Template{"booking_link", 1, "de", kSms, "", "{practice}: hier buchen, gilt 1 Stunde: {link} STOP = keine SMS."},
    Template{"booking_link", 1, "es", kEmail, "Su enlace para reservar",
             "Hola[ {first_name}]:\n\nusted pidió a {practice} un enlace para reservar una cita. Es válido durante una "
             "hora:\n\n{link}\n\nSi no fue usted, no tiene que hacer nada: sin este enlace nadie reserva por usted.\n[\nTambién puede "
             "llamarnos: {phone}\n]"},
    Template{"booking_link", 1, "es", kSms, "", "{practice}: reserve aquí, válido 1 hora: {link} STOP para salir."},
    Template{"booking_link", 1, "pt", kEmail, "O seu link para marcar",
             "Olá[ {first_name}],\n\npediu a {practice} um link para marcar uma consulta. É válido durante uma "
             "hora:\n\n{link}\n\nSe não foi um pedido seu, não é preciso fazer nada: sem este link ninguém marca por si.\n[\nTambém "
             "pode telefonar: {phone}\n]"},
    Template{"booking_link", 1, "pt", kSms, "", "{practice}: marque aqui, válido 1 hora: {link} STOP para sair."},
};

constexpr std::array<std::string_view, 5> kSmsPlaceholders = {"practice", "date", "time", "phone", "link"};
constexpr std::array<std::string_view, 7> kEmailPlaceholders = {"first_name", "practice", "date", "time", "phone", "link", "unsubscribe"};

constexpr bool uses_only(std::string_view text, std::span<const std::string_view> allowed) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return false;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (std::ranges::find(allowed, name) == allowed.end()) return false;
  }
  return true;
}

constexpr bool acceptable(const Template& message) {
  switch (message.channel) {
    case Channel::kSms:
      return message.subject_line.empty() && uses_only(message.body, kSmsPlaceholders) &&
             message.body.find("STOP") != std::string_view::npos;
    case Channel::kEmail: return uses_only(message.subject_line, kEmailPlaceholders) && uses_only(message.body, kEmailPlaceholders);
    case Channel::kPhone:
    case Channel::kLetter: return false;
  }
  return false;
}
static_assert(std::ranges::all_of(kTemplates, acceptable), "a template says what its channel must not carry, or hides how to opt out");

// ---- UTF-8

/// Takes the first code point off the text; U+FFFD for a byte that begins none.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : (first & 0xF8) == 0xF0 ? 4 : 0;
  if (length == 0 || text.size() < length) {
    text.remove_prefix(1);
    return U'\uFFFD';
  }
  char32_t point = length == 1 ? first : first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(i) & 0x3Fu);
  text.remove_prefix(length);
  return point;
}

void append_code_point(std::string& text, char32_t point) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80u | ((point >> shift) & 0x3Fu)); };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0u | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0u | (point >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0u | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// ---- GSM-7 (3GPP TS 23.038)

constexpr std::u32string_view kGsmBasic =
    U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    U"¿abcdefghijklmnopqrstuvwxyzäöñüà";
constexpr std::u32string_view kGsmExtended = U"\f^{}\\[~]|€";

/// How many septets the character takes; 0 when GSM-7 lacks it.
std::size_t septets(char32_t point) {
  if (kGsmBasic.find(point) != std::u32string_view::npos) return 1;
  return kGsmExtended.find(point) != std::u32string_view::npos ? 2 : 0;
}

/// What stands for a character that GSM-7 lacks; nothing stands for what is no letter and no common mark.
constexpr std::u32string_view kFoldFrom = U"áâãÀÁÂÃçčćďêëěÈÊËíîïÌÍÎÏłńňóôõÒÓÔÕřśšťúûÙÚÛůýÿÝžźżŁŚŠŽŹŻČĆ’‘“”–—\u00a0";
constexpr std::u32string_view kFoldTo = U"aaaAAAAcccdeeeEEEiiiIIIIlnnoooOOOOrsstuuUUUuyyYzzzLSSZZZCC''\"\"-- ";
static_assert(kFoldFrom.size() == kFoldTo.size());

std::string to_gsm(std::string_view text) {
  std::string folded;
  while (!text.empty()) {
    const char32_t point = take_code_point(text);
    if (septets(point) > 0) {
      append_code_point(folded, point);
    } else if (const std::size_t at = kFoldFrom.find(point); at != std::u32string_view::npos) {
      append_code_point(folded, kFoldTo[at]);
    }
  }
  return folded;
}

void drop_last_code_point(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0u) == 0x80u) text.pop_back();
  if (!text.empty()) text.pop_back();
}

// ---- rendering

std::string_view word(const Words& words, std::string_view name) {
  if (name == "first_name") return words.first_name;
  if (name == "practice") return words.practice;
  if (name == "date") return words.date;
  if (name == "time") return words.time;
  if (name == "phone") return words.phone;
  if (name == "link") return words.link;
  if (name == "unsubscribe") return words.unsubscribe;
  return {};
}

struct Filled {
  std::string text;
  bool complete = true;  ///< no word was empty
};

Filled fill_plain(std::string_view text, const Words& words) {
  Filled filled;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    filled.text.append(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    const std::string_view found = word(words, text.substr(1, close - 1));
    filled.complete = filled.complete && !found.empty();
    filled.text.append(found);
    text.remove_prefix(close + 1);
  }
  return filled;
}

std::string fill(std::string_view text, const Words& words) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('['), text.size());
    filled.append(fill_plain(text.substr(0, open), words).text);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find(']');
    const Filled inside = fill_plain(text.substr(1, close - 1), words);
    if (inside.complete) filled.append(inside.text);
    text.remove_prefix(close + 1);
  }
  return filled;
}

using Months = std::array<std::string_view, 12>;
constexpr Months kEnglish = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr Months kGerman = {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."};
constexpr Months kSpanish = {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"};
constexpr Months kPortuguese = {"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"};

std::string base_language(std::string_view language) {
  std::string base(language.substr(0, language.find_first_of("-_")));
  std::ranges::transform(base, base.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return base;
}

const Template* look_up(std::string_view name, std::string_view language, Channel channel) {
  const auto found =
      std::ranges::find_if(kTemplates, [&](const Template& t) { return t.name == name && t.language == language && t.channel == channel; });
  return found == kTemplates.end() ? nullptr : &*found;
}

}  // namespace

std::span<const std::string_view> allowed_placeholders(Channel channel) {
  switch (channel) {
    case Channel::kSms: return kSmsPlaceholders;
    case Channel::kEmail: return kEmailPlaceholders;
    case Channel::kPhone:
    case Channel::kLetter: return {};
  }
  return {};
}

bool is_acceptable(const Template& message) { return acceptable(message); }

std::span<const Template> all_templates() { return kTemplates; }

const Template& find_template(std::string_view name, std::string_view programme, std::string_view language,
                              std::string_view default_language, Channel channel) {
  const std::string wanted = base_language(language);
  const std::string otherwise = base_language(default_language);
  const Channel written = channel == Channel::kSms ? Channel::kSms : Channel::kEmail;
  for (const std::string_view spoken : {std::string_view(wanted), std::string_view(otherwise), std::string_view("en")}) {
    for (const std::string_view called : {name, programme}) {
      if (const Template* found = look_up(called, spoken, written)) return *found;
    }
  }
  return *look_up(kFollowUp, "en", written);
}

Rendered render(const Template& message, const Words& words) {
  if (message.channel != Channel::kSms) return {fill(message.subject_line, words), fill(message.body, words)};
  constexpr std::size_t kPracticeShortest = 12;
  Words plain = words;
  plain.practice = to_gsm(words.practice);
  std::string body = to_gsm(fill(message.body, plain));
  while (sms_segments(body) > 1 && plain.practice.size() > kPracticeShortest) {
    drop_last_code_point(plain.practice);
    body = to_gsm(fill(message.body, plain));
  }
  return {"", body};
}

std::string date_words(LocalTime local, std::string_view language) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(local)};
  const std::string base = base_language(language);
  const Months& months = base == "de" ? kGerman : base == "es" ? kSpanish : base == "pt" ? kPortuguese : kEnglish;
  const std::string day = std::to_string(static_cast<unsigned>(date.day()));
  const std::string_view month = months[static_cast<unsigned>(date.month()) - 1];
  return day + (base == "de" ? ". " : " ") + std::string(month);
}

std::string time_words(LocalTime local) {
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - midnight).count();
  char text[8];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(minutes / 60 % 24), static_cast<int>(minutes % 60));
  return text;
}

std::size_t sms_segments(std::string_view utf8) {
  std::size_t gsm = 0;
  std::size_t utf16 = 0;
  bool is_gsm = true;
  while (!utf8.empty()) {
    const char32_t point = take_code_point(utf8);
    const std::size_t cost = septets(point);
    is_gsm = is_gsm && cost > 0;
    gsm += cost;
    utf16 += point >= 0x10000 ? 2 : 1;
  }
  const std::size_t length = is_gsm ? gsm : utf16;
  const std::size_t single = is_gsm ? 160 : 70;
  const std::size_t part = is_gsm ? 153 : 67;
  return length == 0 ? 0 : length <= single ? 1 : (length + part - 1) / part;
}

}  // namespace bridgework::outreach
