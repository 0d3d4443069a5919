//! The service on a bare `tower` stack, which has no router and so no ids.

use std::convert::Infallible;

use axum::http::{Request, Response, StatusCode};
use bytes::Bytes;
use hallpass::{
    Verified,
    web::{Caller, RequireScope},
};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::{
    requests::{Row, Seen},
    service,
    world::World,
};

type Body = Full<Bytes>;

pub(crate) async fn send(world: &World, row: &Row) -> Option<Seen> {
    let path = row.target.split('?').next().unwrap();
    let (guard, path) = path.trim_start_matches('/').split_once('/')?;
    let guard = world.guard(guard)?;
    if !["me", "caller", "all-invoices"].contains(&path) {
        return None;
    }
    let mut request = Request::builder().method(row.method).uri(&row.target);
    for (name, value) in &row.headers {
        request = request.header(*name, value.as_slice());
    }
    let request = request.body(Body::default()).unwrap();
    let (state, is_caller) = (world.clone(), path == "caller");
    let handler = service_fn(move |request: Request<Body>| {
        let state = state.clone();
        async move {
            let extensions = request.extensions();
            let text = match extensions.get::<Verified>() {
                Some(who) if !is_caller => state.me(who),
                _ => state.caller(extensions.get::<Caller>().unwrap()),
            };
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = StatusCode::OK;
            Ok::<_, Infallible>(response)
        }
    });
    let (parts, body) = if is_caller {
        let (parts, body) = guard.layer(handler).oneshot(request).await.unwrap().into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    } else {
        let required = match path {
            "me" => RequireScope::authenticated(),
            _ => service::all_invoices(),
        };
        let response = guard.layer(required.layer(handler)).oneshot(request).await;
        let (parts, body) = response.unwrap().into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    };
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Some(Seen::new(parts.status.as_u16(), headers, &body))
}
