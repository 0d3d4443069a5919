//! WHAT TOKENS ARE FOR: the demo API, and the questions of a proxy.
//! Must not know how a token came to be.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::RawPathParams,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use hallpass::{
    Verified,
    web::{
        Guard, RequireScope,
        gateway::{Gateway, Rule, Rules},
    },
};
use serde_json::json;

use crate::{
    app::App,
    config::{ForwardAuth, Resource},
};

type Failure = Box<dyn std::error::Error>;

/// The demo API, each route behind its scope.
pub(crate) fn resources(app: &App) -> Result<Router<Arc<App>>, Failure> {
    let mut router = Router::new();
    for resource in &app.config.resources {
        let resource = resource.clone();
        let (path, requires) = (resource.path.clone(), RequireScope::new(&resource.requires)?);
        let handler =
            async move |who: Verified, params: RawPathParams| answer(&resource, &who, &params);
        router = router.route(&path, get(handler).route_layer(requires));
    }
    let guard = Guard::new(app.authority.verifier()).realm("demo");
    Ok(router.route_layer(guard))
}

fn answer(resource: &Resource, who: &Verified, params: &RawPathParams) -> Response {
    let Some(records) = &resource.records else {
        let body = json!({ "subject": who.subject(), "client": who.client_id(), "scope": who.scope().as_str() });
        return Json(body).into_response();
    };
    let mine = records.get(who.subject()).map_or(&[][..], Vec::as_slice);
    let Some((_, id)) = params.iter().next() else {
        return Json(json!({ "subject": who.subject(), "records": mine })).into_response();
    };
    match mine.iter().find(|record| record.get("id").is_some_and(|known| known == id)) {
        Some(record) => Json(record.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "not_found" }))).into_response(),
    }
}

/// Where a proxy asks: one path for each scope, whatever the request behind it is.
pub(crate) fn forward_auth(app: &App, asked: &ForwardAuth) -> Result<Router<Arc<App>>, Failure> {
    let mut router = Router::new();
    for (path, condition) in &asked.routes {
        let everything = ["/", "/{*rest}"];
        let rule = |pattern| Rule::requires(["*"], pattern, condition.clone());
        let rules = Rules::new(everything.map(rule))?;
        let gateway = |rules| {
            let guard = Guard::new(app.authority.verifier());
            Gateway::new(guard, rules, asked.proxy.dialect(path)).identity(asked.identity.clone())
        };
        let service = gateway(rules);
        router = router
            .route_service(path, service.clone())
            .route_service(&format!("{path}/{{*rest}}"), service);
    }
    Ok(router)
}
