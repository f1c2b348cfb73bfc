"""Scripts that run in the page and give milliseconds: for its tests, and for the benchmark."""

CLICKED = """
    const began = performance.now();
    arguments[0].click();
    document.getElementById("viewport").getBoundingClientRect();
    return performance.now() - began;
"""
CHOSEN = """
    const [select, number] = arguments;
    const began = performance.now();
    select.selectedIndex = number;
    select.dispatchEvent(new Event("change"));
    document.getElementById("viewport").getBoundingClientRect();
    return performance.now() - began;
"""
SEARCHED = """
    const [words, done] = arguments;
    const field = document.getElementById("search");
    const typed = performance.now();
    new MutationObserver((_, observer) => {
        observer.disconnect();
        document.getElementById("viewport").getBoundingClientRect();
        done(performance.now() - typed);
    }).observe(document.getElementById("shown"), { childList: true });
    field.value = words;
    field.dispatchEvent(new Event("input"));
"""
WORDS = ("0", "01ff", "sn0123", "signature", "nothing has this")
"""What is searched for: found everywhere, here and there, and nowhere."""
