"""What people read and press, in each language that the story is played in: the bot's words, and the page's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: fields named after the place where its words stand."""

    code: str
    locale: str

    # The page
    support: str
    home: str
    ligdicash: str
    complete: str
    stay_silent: str
    forge: str
    say_else: str
    fail: str
    forged: str
    said_pending: str
    paid: str
    troubles: str
    no_answer: str
    """In one language LigdiCash never answers, in the other it hangs up."""
    well: str
    only_you: str

    # The form
    amount_field: str
    amount: str
    abbreviated: str
    ask: str
    required: str

    # Decisions
    approve: str
    yes_pay: str
    reject: str
    reject_field: str
    rejected: str
    correct: str
    reason_field: str
    own_request: str
    guest: str

    # What becomes of it
    waiting: str
    token: str
    initiated: str
    completed: str
    completed_card: str
    callback_received: str

    # Uncertain
    unconfirmed: str
    resolve: str
    it_was_paid: str
    it_was_not_paid: str
    how_known: str
    propose: str
    too_early: str
    confirm: str
    yes_confirm: str
    confirmed: str
    marked_paid: str

    # The brake
    paused: str
    paused_card: str
    wants_resume: str
    goes_on: str

    # Home
    waits_for_you: str
    nothing_waits: str
    decide_there: str


ENGLISH = Tongue(
    code="en",
    locale="en-US",
    support="support",
    home="Home",
    ligdicash="LigdiCash",
    complete="Complete",
    stay_silent="Stay silent",
    forge="Forged callback",
    say_else="Say something else",
    fail="Fail",
    forged="The bot answered HTTP 200",
    said_pending="heard “pending”",
    paid="🟢 paid",
    troubles="LigdiCash’s troubles",
    no_answer="Silent",
    well="None",
    only_you="Only visible to you",
    amount_field="Amount in XOF",
    amount="5 000 XOF",
    abbreviated="“5k” is abbreviated",
    ask="Ask for approval",
    required="Please complete this required field.",
    approve="Approve",
    yes_pay="Yes, pay",
    reject="Reject",
    reject_field="Why is it rejected?",
    rejected="was rejected by",
    correct="Correct and ask again",
    reason_field="Reason",
    own_request="You asked for this payout yourself",
    guest="Guests of this workspace cannot ask for payouts",
    waiting="Waiting for a decision",
    token="Token:",
    initiated="Initiated, not yet paid",
    completed="is completed",
    completed_card="Completed",
    callback_received="callback “completed” received",
    unconfirmed="is unconfirmed",
    resolve="Resolve",
    it_was_paid="It was paid",
    it_was_not_paid="It was not paid",
    how_known="How do you know?",
    propose="Propose",
    too_early="can be said from",
    confirm="Confirm",
    yes_confirm="Yes, confirm",
    confirmed="✅ Confirmed by @Daouda at",
    marked_paid="was marked paid by",
    paused="paused all sending",
    paused_card="Sending is paused",
    wants_resume="You said so; another approver",
    goes_on="Sending was resumed",
    waits_for_you="Waiting for you",
    nothing_waits="Nothing waits for you",
    decide_there="decide in its thread",
)

FRENCH = Tongue(
    code="fr",
    locale="fr-FR",
    support="support",
    home="Accueil",
    ligdicash="LigdiCash",
    complete="Payer",
    stay_silent="Garder le silence",
    forge="Callback falsifié",
    say_else="Dire autre chose",
    fail="Faire échouer",
    forged="Le bot a répondu HTTP 200",
    said_pending="réponse « pending »",
    paid="🟢 payé",
    troubles="Pannes de LigdiCash",
    no_answer="Coupe la connexion",
    well="Aucune",
    only_you="Visible par vous seulement",
    amount_field="Montant en F CFA",
    amount="5 000 F CFA",
    abbreviated="« 5k » est abrégé",
    ask="Demander l’approbation",
    required="Veuillez remplir ce champ obligatoire.",
    approve="Approuver",
    yes_pay="Oui, payer",
    reject="Rejeter",
    reject_field="Pourquoi le rejeter ?",
    rejected="a été rejeté par",
    correct="Corriger et redemander",
    reason_field="Motif",
    own_request="Vous avez demandé ce paiement vous-même",
    guest="Les invités de cet espace de travail ne peuvent ni demander",
    waiting="En attente de décision",
    token="Token :",
    initiated="Initié, pas encore payé",
    completed="est payé : LigdiCash",
    completed_card="Payé",
    callback_received="callback « completed » reçu",
    unconfirmed="est non confirmé",
    resolve="Résoudre",
    it_was_paid="Il a été payé",
    it_was_not_paid="Il n’a pas été payé",
    how_known="Comment le savez-vous ?",
    propose="Proposer",
    too_early="la réponse de LigdiCash peut encore arriver",
    confirm="Confirmer",
    yes_confirm="Oui, confirmer",
    confirmed="✅ Confirmé par @Daouda le",
    marked_paid="a été déclaré payé par",
    paused="a suspendu tous les envois",
    paused_card="Les envois sont suspendus",
    wants_resume="Il faut encore qu’un autre approbateur",
    goes_on="Les envois ont repris",
    waits_for_you="À traiter par vous",
    nothing_waits="Vous n’avez rien à traiter",
    decide_there="décider dans son fil",
)
