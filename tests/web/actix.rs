//! The service on actix-web.

use actix_web::{
    App, Error, HttpRequest,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    test::{self, TestRequest},
    web::{self, Data, ServiceConfig},
};
use hallpass::{
    Verified,
    authority::Issued,
    testing::{TestAuthority, TestResponse},
    web::{Caller, Refusal, RequireScope, Scoped},
};

use crate::{
    requests::{Row, Seen},
    service::{self, ReadInvoices},
    world::{GUARDS, World},
};

async fn me(world: Data<World>, who: Verified) -> String {
    world.me(&who)
}

async fn caller(world: Data<World>, caller: Caller) -> String {
    world.caller(&caller)
}

async fn list(world: Data<World>, who: Scoped<ReadInvoices>) -> String {
    world.list(&who)
}

async fn pay_invoice_7(world: Data<World>, who: Verified) -> Result<String, Refusal> {
    world.pay_invoice_7(&who)
}

async fn refresh(world: Data<World>, request: HttpRequest) -> Result<Issued, Refusal> {
    let header = request.headers().get("x-refresh");
    let token = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(world.authority.refresh(token).await?)
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/me", web::get().to(me))
        .route("/me", web::post().to(me))
        .route("/maybe", web::get().to(caller))
        .route("/caller", web::get().to(caller))
        .route("/caller", web::post().to(caller))
        .route("/invoices", web::get().to(list))
        .service(
            web::resource("/invoices/{id}")
                .route(web::get().to(me).wrap(service::read_invoice()))
                .route(web::post().to(me).wrap(service::write_invoice())),
        )
        .service(web::resource("/all-invoices").wrap(service::all_invoices()).get(me))
        .service(
            web::scope("/accounts/{account}")
                .service(web::resource("/books/{book}").wrap(service::read_book()).get(me)),
        )
        .service(web::resource("/misnamed/{id}").wrap(service::misnamed()).get(me))
        .service(web::resource("/pay").wrap(service::pay()).post(me))
        .route("/pay-invoice-7", web::post().to(pay_invoice_7))
        .route("/refresh", web::post().to(refresh));
}

/// Sends every row, with `before` and `after` around each.
pub(crate) async fn send_all(
    world: &World,
    rows: &[Row],
    mut around: impl FnMut(&Row, bool),
) -> Vec<Seen> {
    let app = GUARDS.iter().fold(App::new().app_data(Data::new(world.clone())), |app, name| {
        let guard = world.guard(name).unwrap();
        app.service(web::scope(&format!("/{name}")).wrap(guard).configure(routes))
    });
    let app = app.service(web::scope("/unguarded").configure(routes));
    let app = test::init_service(app).await;
    let mut seen = Vec::new();
    for row in rows {
        around(row, true);
        seen.push(send(&app, row).await);
        around(row, false);
    }
    seen
}

async fn send<S, B>(app: &S, row: &Row) -> Seen
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let mut request = TestRequest::with_uri(&row.target).method(row.method.parse().unwrap());
    for (name, value) in &row.headers {
        request = request.append_header((*name, value.as_slice()));
    }
    let (status, headers, body) = match test::try_call_service(app, request.to_request()).await {
        Ok(response) => {
            let (_, response) = response.into_parts();
            let (head, body) = response.into_parts();
            let Ok(body) = actix_web::body::to_bytes(body).await else { panic!("no body") };
            (head.status(), head.headers().clone(), body)
        }
        // What the server does with an error that no middleware has answered.
        Err(error) => {
            let (head, body) = error.error_response().into_parts();
            let Ok(body) = actix_web::body::to_bytes(body).await else { panic!("no body") };
            (head.status(), head.headers().clone(), body)
        }
    };
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Seen::new(status.as_u16(), headers, &body)
}

/// A requirement as a route's guard: the route is taken only by who meets it, and the next one by
/// the others. Parts of the path are not known there, so such a requirement is never met.
#[test]
fn a_requirement_chooses_between_routes() {
    actix_web::rt::System::new().block_on(async {
        let auth = TestAuthority::new();
        let admins = RequireScope::new("invoice:*:*").unwrap();
        let one = RequireScope::new("invoice:{id}:read").unwrap();
        let routes = |config: &mut ServiceConfig| {
            config.service(
                web::resource("/invoices/{id}")
                    .route(web::get().guard(admins.clone()).to(async || "everything"))
                    .route(web::get().guard(one.clone()).to(async || "never"))
                    .route(web::get().to(async |_: Verified| "a part")),
            );
        };
        let app = test::init_service(App::new().wrap(auth.guard()).configure(routes)).await;
        let ask = async |request: TestRequest| {
            let request = request.uri("/invoices/7").to_request();
            TestResponse::from_actix(test::call_service(&app, request).await).await
        };
        let by = |scope| ask(auth.actix_request_as("ada", scope));
        assert_eq!(by("invoice:*:*").await.assert_passed().body(), "everything");
        assert_eq!(by("invoice:7:read").await.assert_passed().body(), "a part");
        ask(TestRequest::default()).await.assert_refused(401, "missing_token");

        // Without the layer nobody meets it, and who asks for somebody is told so.
        let unguarded = test::init_service(App::new().configure(routes)).await;
        let request = auth.actix_request_as("ada", "invoice:*:*").uri("/invoices/7").to_request();
        assert_eq!(test::call_service(&unguarded, request).await.status(), 500);
    });
}

#[tokio::test]
async fn a_minted_token_answers_as_an_issued_one_does() {
    let world = World::new().await;
    let grant = hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap());
    let minted = world.authority.issue_access(grant).await.unwrap();
    let token = minted.access_token().expose_secret().to_owned();
    let request = TestRequest::default().to_http_request();
    let response = actix_web::Responder::respond_to(minted, &request);
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["access_token"], token.as_str());
}
