"""The texts of the demo users and the replies to them: invented, and the same for the same random source."""

from random import Random
from typing import Final

FIRST: Final = (
    *("Asha", "Ravi", "Meera", "Arjun", "Lakshmi", "Kabir", "Nisha", "Vikram", "Priya", "Dev", "Anjali", "Rohan"),
    *("Sana", "Imran", "Leela", "Joseph", "Farah", "Kiran", "Tara", "Nikhil", "Zoya", "Manoj", "Divya", "Samir"),
)
LAST: Final = (
    *("Rao", "Iyer", "Khan", "Das", "Mehta", "Nair", "Gupta", "Singh", "Bose", "Pillai", "Shah", "Reddy", "Thomas"),
)
TOPICS: Final = {
    "Monsoon": ("monsoon", "rain", "the coast", "June", "the wind from the sea", "a wet season"),
    "Sourdough": ("sourdough", "a starter", "the oven", "two hundred grams of rye", "the crust", "a slow rise"),
    "Python lists": ("a list", "a comprehension", "the index", "a generator", "memory", "a sorted copy"),
    "Trip to Hampi": ("Hampi", "the night train", "the boulders", "a guest house", "the river", "two days"),
    "Cricket rules": ("an over", "leg before wicket", "the umpire", "a follow-on", "the pitch", "a declaration"),
    "Savings": ("an index fund", "inflation", "an emergency fund", "interest", "a fixed deposit", "ten years"),
    "Tomato plants": ("tomatoes", "the leaves", "potash", "morning sun", "a stake", "blight"),
    "French verbs": ("être", "the past tense", "an exception", "the subjunctive", "practice", "a table of endings"),
    "Running": ("five kilometres", "your knees", "a slow pace", "rest days", "shoes", "a plan of eight weeks"),
    "Old letters": ("the archive", "a magnifying glass", "the handwriting", "a date", "the family tree", "a scan"),
    "Home network": ("the router", "a firewall", "the second floor", "a cable", "the channel", "a guest network"),
    "Chess openings": ("the centre", "a gambit", "the bishop", "castling", "tempo", "an open file"),
}
QUESTIONS: Final = (
    "What is {} in simple words?",
    "How does {} go together with {}?",
    "Can you explain {} once more, please? I keep mixing it up with {}.",
    "What would you do first: {} or {}?",
    "Give me three tips about {}.",
    "Why does everybody talk about {}?",
    "I tried {} yesterday and it did not work. What about {}?",
    "Is {} worth it if I have only {}?",
)
SENTENCES: Final = (
    "In short, {} matters more than {}.",
    "Think of {} first, and let {} follow from it.",
    "Most beginners start with {}, which is fine as long as {} is not forgotten.",
    "A good sign is that {} needs no attention any more.",
    "If {} gives you trouble, change one thing at a time and check again after a day.",
    "There is no rule without an exception: with {} you may well do without {}.",
    "Write down what you did about {}; it helps more than it sounds.",
    "Then compare {} with {}, and keep what works.",
    "Take your time, since {} cannot be hurried.",
    "For a start, {} is enough.",
)


def name_of(random: Random) -> str:
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def topic_of(random: Random) -> str:
    """The topic of a conversation, which is also the name of its room."""
    return random.choice(tuple(TOPICS))


def question(random: Random, topic: str) -> str:
    """A user's message: one line."""
    return _filled(random, random.choice(QUESTIONS), topic)


def reply(random: Random, topic: str) -> str:
    """The model's reply: two paragraphs."""
    paragraphs = (random.sample(SENTENCES, random.randint(2, 4)) for _ in range(2))
    return "\n\n".join(" ".join(_filled(random, sentence, topic) for sentence in each) for each in paragraphs)


def _filled(random: Random, sentence: str, topic: str) -> str:
    return sentence.format(*random.sample(TOPICS[topic], 2))
