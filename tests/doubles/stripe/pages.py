"""The hosted pages: a checkout, a portal, and a desk for whoever develops. No scripts, nothing from elsewhere."""

from datetime import UTC, datetime
from html import escape

from tests.doubles.stripe.objects import Thing
from tests.doubles.stripe.state import World, period_of

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
    """A whole page, plainly labelled."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>PRETEND · {escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<p class="pretend" role="note">PRETEND Stripe: no money moves, no card is real.</p>'
        f"<h1>{escape(title)}</h1>{body}</body></html>"
    )


def button(action: str, label: str, **fields: str) -> str:
    """A form of one button."""
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in fields.items())
    return f'<form method="post" action="{escape(action)}">{hidden}<button>{escape(label)}</button></form>'


def checkout(world: World, session: Thing, error: str = "") -> str:
    """Pay, or turn back."""
    if session["status"] != "open":
        return page("Checkout", f"<p>This checkout is {escape(session['status'])}.</p>")
    price = world.get("prices", session["price_id"])
    product = world.get("products", price["product"])
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
        f'<p><a href="{escape(session["cancel_url"] or "#")}">Turn back</a></p>',
    )


def portal(world: World, session: Thing) -> str:
    """What a customer may change."""
    rows = "".join(
        _row(each, customer=session["customer"], world=world) for each in world.subscriptions_of(session["customer"])
    )
    back = f'<p><a href="{escape(session["return_url"] or "#")}">Back to Kuvaka</a></p>'
    return page("Your subscription", (rows or "<p>No subscription runs.</p>") + back)


def _row(subscription: Thing, *, customer: str, world: World) -> str:
    here, end = "", day(period_of(subscription)[1])
    if subscription["cancel_at"]:
        here = f"<p>It ends on {day(subscription['cancel_at'])}.</p>" + button("", "Go on with it", do="resume")
    else:
        here = button("", "Cancel at the end of the period", do="cancel")
    failing = customer in world.failing
    card = (
        button("", "Use a card that works", do="card_works")
        if failing
        else button("", "Use a card that fails", do="card_fails")
    )
    return f"<p>Status <strong>{escape(subscription['status'])}</strong>; the period ends on {end}.</p>{here}{card}"


def desk(world: World, deliveries: Thing) -> str:
    """Everything at a glance, and the passing of time."""
    rows = "".join(
        f"<tr><td>{escape(each['id'])}</td><td>{escape(each['customer'])}</td><td>{escape(each['status'])}</td>"
        f"<td>{day(period_of(each)[1])}</td><td>"
        + button("/desk", "To its period's end", do="to_end", id=each["id"])
        + button("/desk", "Card fails from now on", do="card_fails", id=each["customer"])
        + button("/desk", "Unpaid", do="unpaid", id=each["id"])
        + "</td></tr>"
        for each in world.things["subscriptions"].values()
    )
    return page(
        "Desk",
        f"<p>Its clock says <strong>{day(world.now)}</strong>. {button('/desk', 'A day later', do='day')}</p>"
        f"<p>Events taken by the webhook: {deliveries['taken']} of {len(world.things['events'])}.</p>"
        f"<table><tr><th>subscription</th><th>customer</th><th>status</th><th>period ends</th><th></th></tr>"
        f"{rows}</table>",
    )


def amount(price: Thing) -> str:
    """A price as people write it."""
    return f"{price['unit_amount'] / 100:.2f} {escape(price['currency'].upper())}"


def day(moment: int) -> str:
    """A time, to the minute."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
