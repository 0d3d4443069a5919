//! Knows how the app looks.
//! Must not know where its texts come from; `maud` escapes them.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

fn page(title: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Chat Export" }
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    Html(page.into_string())
}

pub(crate) fn home(connected: bool) -> Html<String> {
    let body = html! {
        @if connected {
            p { "You are connected." }
            p { a href="/export" { "Export my chats" } }
        } @else {
            p { "We turn your chats into a file. For that we need your permission to read them." }
            p { a href="/connect" { "Connect my account" } }
        }
    };
    page("Chat Export", &body)
}

pub(crate) fn chats(chats: &[Value]) -> Html<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let body = html! {
        p { (chats.len()) " chats were exported." }
        @for chat in chats {
            h2 { (text(chat.get("with"))) }
            ul {
                @for message in chat.get("messages").and_then(Value::as_array).into_iter().flatten() {
                    li { strong { (text(message.get("from"))) } ": " (text(message.get("text"))) }
                }
            }
        }
    };
    page("Your chats", &body)
}

pub(crate) fn cut_off() -> Html<String> {
    let body = html! {
        p { "You have taken our access away. We have forgotten what we held, and can read nothing more." }
        p { a href="/connect" { "Connect again" } }
    };
    page("Access was taken away", &body)
}

pub(crate) fn denied() -> Html<String> {
    page("You said no", &html! { p { "We got no access. " a href="/connect" { "Try again" } } })
}

pub(crate) fn lost() -> Html<String> {
    let body = html! { p { "This answer does not belong to this browser. " a href="/connect" { "Try again" } } };
    page("Something is missing", &body)
}

pub(crate) fn failed(why: &str) -> Html<String> {
    page("It did not work", &html! { p { (why) } })
}
