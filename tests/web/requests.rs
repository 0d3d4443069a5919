//! The table: some hundred and forty requests, and what each is answered.

use crate::world::Tokens;

/// What is wrong with the world while a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    StoreDown,
    Stale,
}

/// One request, and the status and challenge of its answer.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) state: State,
    pub(crate) status: u16,
    pub(crate) challenge: Option<String>,
}

/// The bytes of an answer that a client acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn new<'h>(
        status: u16,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        body: &[u8],
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // A handler's own content type is the framework's affair.
        let ours = |name: &str| {
            ["www-authenticate", "cache-control", "retry-after"].contains(&name)
                || (name == "content-type" && status != 200)
        };
        let headers = headers.filter(|(name, _)| ours(name));
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.to_owned(), text(value))).collect();
        headers.sort();
        Self { status, headers, body: text(body) }
    }

    pub(crate) fn challenge(&self) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "one challenge only");
        value
    }
}

fn get(target: &str) -> Row {
    Row {
        name: String::new(),
        method: "GET",
        target: target.to_owned(),
        headers: Vec::new(),
        state: State::Up,
        status: 200,
        challenge: None,
    }
}

fn post(target: &str) -> Row {
    Row { method: "POST", ..get(target) }
}

impl Row {
    fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    fn authorization(self, value: impl AsRef<[u8]>) -> Self {
        self.header("authorization", value)
    }

    fn bearer(self, token: &str) -> Self {
        self.authorization(format!("Bearer {token}"))
    }

    fn cookie(self, value: &str) -> Self {
        self.header("cookie", format!("theme=dark; __Host-hp_at={value}; x=1"))
    }

    fn during(self, state: State) -> Self {
        Self { state, ..self }
    }

    fn is(self, name: &str, status: u16, challenge: Option<String>) -> Self {
        Self { name: name.to_owned(), status, challenge, ..self }
    }

    fn passes(self, name: &str) -> Self {
        self.is(name, 200, None)
    }

    fn needs_token(self, name: &str) -> Self {
        self.is(name, 401, Some("Bearer".to_owned()))
    }

    fn bad_token(self, name: &str, description: &str) -> Self {
        self.is(name, 401, Some(told("invalid_token", description)))
    }

    fn bad_request(self, name: &str, description: &str) -> Self {
        self.is(name, 400, Some(told("invalid_request", description)))
    }

    fn two(self, name: &str) -> Self {
        self.bad_request(name, "the request carries more than one credential")
    }

    fn malformed_header(self, name: &str) -> Self {
        self.bad_request(name, "the authorization header is malformed")
    }

    fn insufficient(self, name: &str, scope: &str) -> Self {
        let told = told("insufficient_scope", "the token's scope is not enough");
        self.is(name, 403, Some(format!("{told}, scope=\"{scope}\"")))
    }

    fn step_up(self, name: &str) -> Self {
        let told = told(
            "insufficient_user_authentication",
            "the user must sign in again or more strongly",
        );
        let challenge = format!("{told}, acr_values=\"strong\", max_age=\"300\"");
        self.is(name, 401, Some(challenge))
    }
}

fn told(error: &str, description: &str) -> String {
    format!("Bearer error=\"{error}\", error_description=\"{description}\"")
}

const NOT_ACCEPTED: &str = "this kind of token is not accepted here";

pub(crate) fn rows(t: &Tokens) -> Vec<Row> {
    let mut rows = header(t);
    rows.extend(verdicts(t));
    rows.extend(other_sources(t));
    rows.extend(scopes(t));
    rows.extend(ids(t));
    rows.extend(optional_and_reported(t));
    rows.extend(styled(t));
    rows.extend(trouble(t));
    rows
}

fn header(t: &Tokens) -> Vec<Row> {
    let me = || get("/plain/me");
    let good = &t.reader;
    vec![
        me().bearer(good).passes("a good token"),
        post("/plain/me").bearer(good).passes("a good token, POST"),
        me().needs_token("nothing"),
        me().authorization(format!("bearer {good}")).passes("the scheme in lower case"),
        me().authorization(format!("BEARER   {good}")).passes("upper case and more spaces"),
        me().authorization(format!("Basic {good}")).needs_token("another scheme"),
        me().authorization(good).needs_token("a token without a scheme is a scheme"),
        me().authorization(format!("Token {good}")).needs_token("a scheme that is not ours"),
        me().authorization("").malformed_header("an empty header"),
        me().authorization("Bearer").malformed_header("a scheme without a token"),
        me().authorization("Bearer ").malformed_header("a scheme and a space"),
        me().authorization(format!("Bearer\t{good}")).malformed_header("a tab for a space"),
        me().authorization(format!("Bearer {good} x")).malformed_header("two tokens in one header"),
        me().authorization(format!("Bearer {good},{good}")).malformed_header("a list of tokens"),
        me().authorization(format!("Bearer \"{good}\"")).malformed_header("a quoted token"),
        me().authorization(format!("Bearer token={good}=x")).malformed_header("a parameter"),
        me().authorization(b"Bearer \xe9t\xe9").malformed_header("bytes beyond ASCII"),
        me().authorization(b"\xff Bearer").malformed_header("a scheme that is none"),
        me().authorization("Bearer %41%42").malformed_header("an escaped token"),
        me().bearer(good).bearer(good).two("two headers"),
        me().bearer(good).authorization("Basic eDp5").two("two headers of two schemes"),
        get("/scheme/me").authorization(format!("token {good}")).passes("a scheme of its own"),
        get("/scheme/me").bearer(good).is(
            "the usual scheme is not asked for",
            401,
            Some("Token".to_owned()),
        ),
    ]
}

fn verdicts(t: &Tokens) -> Vec<Row> {
    let me = |token: &str| get("/plain/me").bearer(token);
    let invalid = "the token is invalid";
    let (head, signature) = t.reader.rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    vec![
        me("junk").bad_token("junk", invalid),
        me("a.b.c").bad_token("three parts of junk", invalid),
        me(&tampered).bad_token("another signature", invalid),
        me(&format!("{}=", t.reader)).bad_token("padding", invalid),
        me(&t.other_key).bad_token("an unknown key", invalid),
        me("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.").bad_token("no signature", invalid),
        me(&"a".repeat(9000)).bad_token("too long", invalid),
        me(&t.expired).bad_token("expired", "the token has expired"),
        me(&t.revoked).bad_token("revoked", "the token was revoked"),
        me(&t.signed_out).bad_token("of a session that has ended", "the token was revoked"),
        me(&t.other_audience).bad_token("for others", "the token is for another audience"),
        me(&t.other_issuer).bad_token("of another issuer", invalid),
        me(&t.id_token).bad_token("an ID token", NOT_ACCEPTED),
        me(&t.api_key.replace("hp_ak_", "hp_cs_")).bad_token("a client's secret", NOT_ACCEPTED),
        me(&t.refresh).bad_token("a refresh token", NOT_ACCEPTED),
        me(&t.api_key).passes("an API key"),
        me(&t.revoked_api_key).bad_token("a revoked API key", "the token was revoked"),
        me(&t.api_key.replace("hp_ak_", "hp_ac_")).bad_token("a code", NOT_ACCEPTED),
        me(&t.api_key.to_uppercase()).bad_token("an API key in upper case", invalid),
    ]
}

fn other_sources(t: &Tokens) -> Vec<Row> {
    let good = &t.reader;
    let cross_site = |row: Row, name: &str| row.is(name, 403, None);
    let malformed = "the credential is malformed";
    vec![
        // Only the header is read unless the host chose otherwise.
        get("/plain/me").cookie(good).needs_token("a cookie nobody asked for"),
        get("/plain/me").header("x-api-key", good).needs_token("a key header nobody asked for"),
        get(&format!("/plain/me?access_token={good}")).needs_token("a query nobody asked for"),
        get("/all/me").cookie(good).passes("a cookie"),
        get("/all/me").cookie(&format!("\"{good}\"")).passes("a quoted cookie"),
        get("/all/me").cookie("").needs_token("a cookie that was cleared"),
        get("/all/me").cookie("a b").bad_request("a malformed cookie", malformed),
        get("/all/me").cookie(good).cookie(good).two("two cookies"),
        get("/all/me").bearer(good).cookie("junk").passes("a header beside a cookie wins"),
        get("/all/me")
            .bearer("junk")
            .cookie(good)
            .bad_token("a bad header beside a good cookie", "the token is invalid"),
        get("/all/me").header("x-api-key", &t.api_key).passes("an API key in its header"),
        get("/all/me").header("X-Api-Key", "").bad_request("an empty key header", malformed),
        get("/all/me").header("x-api-key", good).bearer(good).two("two headers"),
        get("/all/me").header("x-api-key", good).header("x-api-key", good).two("two keys"),
        get(&format!("/all/me?a=1&access_token={good}")).passes("a query"),
        get(&format!("/all/me?access%5Ftoken={good}")).passes("a query with an escaped name"),
        get(&format!("/all/me?access_token={good}&access_token=x")).two("two in the query"),
        get(&format!("/all/me?access_token={good}")).bearer(good).two("query and header"),
        get("/all/me?access_token=").bad_request("an empty query", malformed),
        get("/all/me?access_token=%zz").bad_request("a broken escape", malformed),
        post(&format!("/all/me?access_token={good}")).needs_token("a query beyond GET"),
        cross_site(post("/all/me").cookie(good), "a cookie alone may not change anything"),
        post("/all/me")
            .cookie(good)
            .header("sec-fetch-site", "same-origin")
            .passes("a cookie from this site"),
        post("/all/me")
            .cookie(good)
            .header("sec-fetch-site", "none")
            .passes("a cookie from the address bar"),
        post("/all/me")
            .cookie(good)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://app.example.com")
            .passes("a cookie from a listed origin"),
        cross_site(
            post("/all/me").cookie(good).header("sec-fetch-site", "cross-site"),
            "a cookie from another site",
        ),
        cross_site(
            post("/all/me").cookie(good).header("sec-fetch-site", "same-site"),
            "a cookie from a neighbour",
        ),
        cross_site(
            post("/all/me").cookie(good).header("origin", "https://app.example.com.evil.example"),
            "an origin that only begins like a listed one",
        ),
        cross_site(post("/all/me").cookie(good).header("origin", "null"), "no origin"),
        cross_site(
            get("/all/me").cookie(good).header("upgrade", "websocket"),
            "a WebSocket from another site",
        ),
        post("/all/me")
            .bearer(good)
            .header("origin", "https://evil.example")
            .passes("a header is no cookie: any origin"),
    ]
}

fn scopes(t: &Tokens) -> Vec<Row> {
    vec![
        get("/plain/invoices").bearer(&t.reader).passes("a declared scope"),
        get("/plain/invoices").bearer(&t.invoice_7).insufficient("one of all", "invoice:*:read"),
        get("/plain/invoices").bearer(&t.nothing).insufficient("none of it", "invoice:*:read"),
        get("/plain/invoices").needs_token("a declared scope, and no token"),
        get("/plain/all-invoices").bearer(&t.reader).passes("a route's scope"),
        get("/plain/all-invoices")
            .bearer(&t.invoice_7)
            .insufficient("a route's scope, one of all", "invoice:*:read"),
        get("/plain/invoices/7").bearer(&t.invoice_7).passes("the very id"),
        get("/plain/invoices/8").bearer(&t.invoice_7).insufficient("another id", "invoice:8:read"),
        post("/plain/invoices/7")
            .bearer(&t.invoice_7)
            .insufficient("another action", "invoice:7:write"),
        post("/plain/invoices/7").bearer(&t.writer).passes("a wildcard covers the id"),
        get("/plain/accounts/a/books/1").bearer(&t.books).passes("two ids, nested"),
        get("/plain/accounts/b/books/1")
            .bearer(&t.books)
            .insufficient("the outer id is another", "account:b:use book:1:read"),
        get("/plain/accounts/a/books/2")
            .bearer(&t.books)
            .insufficient("the inner id is another", "account:a:use book:2:read"),
        post("/plain/pay").bearer(&t.strong).passes("a strong and recent login"),
        post("/plain/pay").bearer(&t.weak).step_up("a weak login"),
        post("/plain/pay").bearer(&t.long_ago).step_up("a login too long ago"),
        post("/plain/pay").bearer(&t.reader).insufficient("scope before step-up", "invoice:*:pay"),
        post("/plain/pay-invoice-7").bearer(&t.writer).passes("`require` in a handler"),
        post("/plain/pay-invoice-7")
            .bearer(&t.reader)
            .insufficient("`require` with `?`", "invoice:7:write"),
        post("/plain/refresh").bearer(&t.reader).header("x-refresh", "junk").is(
            "`refresh` with `?`",
            400,
            None,
        ),
        post("/plain/refresh").bearer(&t.reader).header("x-refresh", &t.ended_refresh).is(
            "a session that has ended",
            400,
            None,
        ),
    ]
}

fn ids(t: &Tokens) -> Vec<Row> {
    let show = |id: &str| get(&format!("/plain/invoices/{id}"));
    let no_id = "a part of the path is not an id";
    vec![
        show("%2A").bearer(&t.writer).bad_request("a star, escaped", no_id),
        show("*").bearer(&t.writer).bad_request("a star", no_id),
        show("a%2A").bearer(&t.writer).bad_request("a star within", no_id),
        show("%252A").bearer(&t.odd_ids).passes("a percent sign is data"),
        show("%252A")
            .bearer(&t.invoice_7)
            .insufficient("and is told as data", "invoice:%252A:read"),
        show("a%2Fb").bearer(&t.odd_ids).passes("a slash is data"),
        show("a%2Fc").bearer(&t.odd_ids).insufficient("another slash", "invoice:a/c:read"),
        show("%FF").bearer(&t.writer).bad_request("no UTF-8", no_id),
        show("%EF%BF%BD").bearer(&t.writer).bad_request("what a lossy decoder leaves", no_id),
        show("%3A").bearer(&t.odd_ids).passes("a colon is data"),
        show("7%3Aread").bearer(&t.invoice_7).insufficient("no grammar", "invoice:7%3Aread:read"),
        show("%00").bearer(&t.writer).bad_request("a control character", no_id),
        show("%0D%0ASet-Cookie:%20a=b").bearer(&t.writer).bad_request("a line break", no_id),
        show("%22%5C").bearer(&t.invoice_7).insufficient("quotes", "invoice:%22%5C:read"),
        show("%7Bid%7D").bearer(&t.invoice_7).insufficient("braces", "invoice:{id}:read"),
        show("a%20b").bearer(&t.invoice_7).insufficient("a space", "invoice:a%20b:read"),
        show("a+b").bearer(&t.invoice_7).insufficient("a plus is no space", "invoice:a+b:read"),
        show(&"x".repeat(300)).bearer(&t.writer).bad_request("too long", no_id),
        show("%2A").needs_token("who you are comes first"),
        show("8").bearer("junk").bad_token("then whether it is good", "the token is invalid"),
    ]
}

fn optional_and_reported(t: &Tokens) -> Vec<Row> {
    vec![
        get("/optional/caller").passes("nobody, where that is allowed"),
        get("/optional/maybe").passes("nobody, as an option"),
        get("/optional/caller").bearer(&t.reader).passes("somebody, where nobody is allowed"),
        get("/optional/caller").bearer("junk").bad_token("bad is refused", "the token is invalid"),
        get("/optional/maybe")
            .bearer(&t.expired)
            .bad_token("expired is refused", "the token has expired"),
        get("/optional/caller").authorization("Bearer").malformed_header("malformed is refused"),
        get("/optional/caller")
            .header("x-api-key", &t.revoked_api_key)
            .bad_token("a wrong API key on an open route", "the token was revoked"),
        get("/optional/me").needs_token("a handler that needs somebody"),
        get("/optional/invoices/7").needs_token("a route that needs somebody"),
        get("/report/invoices/8").bearer(&t.invoice_7).passes("reported, not refused"),
        get("/report/invoices").bearer(&t.invoice_7).passes("reported, not refused: declared"),
        get("/report/invoices/%2A").bearer(&t.invoice_7).passes("reported, not refused: no id"),
        get("/report/invoices/8").needs_token("a token is needed all the same"),
        get("/report/invoices/8")
            .bearer(&t.expired)
            .bad_token("and a good one", "the token has expired"),
        post("/report/pay").bearer(&t.weak).step_up("and a strong login"),
    ]
}

fn styled(t: &Tokens) -> Vec<Row> {
    let realm = "Bearer realm=\"in\\\"voices?\"";
    let metadata =
        "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"";
    let bare = Some(format!("{realm}, {metadata}"));
    let told = |error: &str, description: &str, scope: &str| {
        let told = format!("{realm}, error=\"{error}\", error_description=\"{description}\"");
        Some(format!("{told}{scope}, {metadata}"))
    };
    let expired = told("invalid_token", "the token has expired", "");
    let scope = ", scope=\"invoice:7:write\"";
    let denied = told("insufficient_scope", "the token's scope is not enough", scope);
    vec![
        get("/styled/me").is("a problem document", 401, bare.clone()),
        get("/styled/me").header("accept", "text/html").is("a page", 401, bare),
        get("/styled/me").bearer(&t.expired).is("the challenge stays", 401, expired),
        post("/styled/pay-invoice-7").bearer(&t.reader).header("accept", "text/html").is(
            "a handler's refusal is styled too",
            403,
            denied.clone(),
        ),
        post("/styled/invoices/7").bearer(&t.reader).is("and a route's", 403, denied),
    ]
}

fn trouble(t: &Tokens) -> Vec<Row> {
    vec![
        get("/plain/me")
            .bearer(&t.reader)
            .during(State::StoreDown)
            .passes("a token needs no store while the revocations are fresh"),
        get("/plain/me").bearer(&t.reader).during(State::Stale).is(
            "revocations too old to decide",
            503,
            None,
        ),
        get("/optional/me").header("x-api-key", &t.unseen_api_key).during(State::StoreDown).is(
            "the store is down",
            503,
            None,
        ),
        get("/plain/me")
            .bearer("junk")
            .during(State::Stale)
            .bad_token("junk needs no store", "the token is invalid"),
        get("/plain/me").during(State::Stale).needs_token("nor does nothing"),
        post("/plain/refresh")
            .bearer(&t.reader)
            .header("x-refresh", &t.refresh)
            .during(State::StoreDown)
            .is("a refresh while the store is down", 503, None),
        get("/plain/misnamed/7").bearer(&t.reader).is("a part no route has", 500, None),
        get("/unguarded/me").bearer(&t.reader).is("no guard around a handler", 500, None),
        get("/unguarded/maybe").is("no guard around an option", 500, None),
        get("/unguarded/caller").is("no guard around a caller", 500, None),
        get("/unguarded/invoices").bearer(&t.reader).is("no guard, declared", 500, None),
        get("/unguarded/invoices/7").bearer(&t.reader).is("no guard around a route", 500, None),
    ]
}
