"""The hosted pages: a checkout, a portal, and a dashboard for developers. No scripts, no other origins."""

from datetime import UTC, datetime
from html import escape

from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.state import State, period_of

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
.pretend { background: #b45309; color: #fff; padding: .6rem 1rem; border-radius: .5rem; font-weight: 600 }
button { font: inherit; padding: .5rem 1rem; margin: .2rem .3rem .2rem 0; cursor: pointer }
td, th { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top }
form { display: inline }
"""
CARDS = {
    "works": "4242 … works",
    "fails_later": "0341 … works now, is declined at renewals",
    "declined": "0002 … is declined",
}


def page(title: str, body: str) -> str:
    """A whole page, labelled as pretend."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>PRETEND · {escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<p class="pretend" role="note">PRETEND Stripe: no money moves, no card is real.</p>'
        f"<h1>{escape(title)}</h1>{body}</body></html>"
    )


def button(action: str, label: str, **fields: str) -> str:
    """A form with one button."""
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in fields.items())
    return f'<form method="post" action="{escape(action)}">{hidden}<button>{escape(label)}</button></form>'


def checkout(state: State, session: StripeObject, error: str = "") -> str:
    """The checkout page, where one pays or cancels."""
    if session["status"] != "open":
        return page("Checkout", f"<p>This checkout is {escape(session['status'])}.</p>")
    price = state.get("prices", session["price_id"])
    product = state.get("products", price["product"])
    choices = "".join(
        f'<p><label><input type="radio" name="card" value="{value}"{" checked" if value == "works" else ""}> '
        f"Card {escape(label)}</label></p>"
        for value, label in CARDS.items()
    )
    return page(
        f"Subscribe to {product['name']}",
        (f'<p role="alert"><strong>{escape(error)}</strong></p>' if error else "")
        + f"<p><strong>{amount(price)}</strong> a {escape(price['recurring']['interval'])}</p>"
        f'<form method="post">{choices}<button>Pretend to pay {amount(price)}</button></form>'
        f'<p><a href="{escape(session["cancel_url"] or "#")}">Cancel</a></p>',
    )


def portal(state: State, session: StripeObject) -> str:
    """The page on which a customer changes card and subscription."""
    rows = "".join(
        _row(each, customer=session["customer"], state=state) for each in state.subscriptions_of(session["customer"])
    )
    back = f'<p><a href="{escape(session["return_url"] or "#")}">Back to Kuvaka</a></p>'
    return page("Your subscription", (rows or "<p>There is no subscription.</p>") + back)


def _row(subscription: StripeObject, *, customer: str, state: State) -> str:
    change, end = "", day(period_of(subscription)[1])
    if subscription["cancel_at"]:
        change = f"<p>It ends on {day(subscription['cancel_at'])}.</p>" + button("", "Keep it", do="resume")
    else:
        change = button("", "Cancel at the end of the period", do="cancel")
    failing = customer in state.failing
    card = (
        button("", "Use a card that works", do="card_works")
        if failing
        else button("", "Use a card that fails", do="card_fails")
    )
    return f"<p>Status <strong>{escape(subscription['status'])}</strong>; the period ends on {end}.</p>{change}{card}"


def dashboard(state: State, deliveries: StripeObject) -> str:
    """All subscriptions, and a way to advance the clock."""
    rows = "".join(
        f"<tr><td>{escape(each['id'])}</td><td>{escape(each['customer'])}</td><td>{escape(each['status'])}</td>"
        f"<td>{day(period_of(each)[1])}</td><td>"
        + button("/dashboard", "To its period's end", do="to_end", id=each["id"])
        + button("/dashboard", "Card fails from now on", do="card_fails", id=each["customer"])
        + button("/dashboard", "Unpaid", do="unpaid", id=each["id"])
        + "</td></tr>"
        for each in state.objects["subscriptions"].values()
    )
    return page(
        "Dashboard",
        f"<p>Its clock says <strong>{day(state.now)}</strong>. {button('/dashboard', 'A day later', do='day')}</p>"
        f"<p>Events accepted by the webhook: {deliveries['accepted']} of {len(state.objects['events'])}.</p>"
        f"<table><tr><th>subscription</th><th>customer</th><th>status</th><th>period ends</th><th></th></tr>"
        f"{rows}</table>",
    )


def amount(price: StripeObject) -> str:
    """A price with its decimals and currency."""
    return f"{price['unit_amount'] / 100:.2f} {escape(price['currency'].upper())}"


def day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
