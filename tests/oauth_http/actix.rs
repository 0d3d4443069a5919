//! Sends requests to the service of actix-web.

use actix_web::{
    App,
    body::to_bytes,
    test::{self, TestRequest},
    web::ServiceConfig,
};
use hallpass::oauth::{self, AuthorizationServer};

use crate::request::{Seen, Sent};

pub(crate) async fn send(server: &AuthorizationServer, sent: &Sent) -> Seen {
    send_to(oauth::actix::configure(server), sent).await
}

pub(crate) async fn send_to(configure: impl FnOnce(&mut ServiceConfig), sent: &Sent) -> Seen {
    let app = test::init_service(App::new().configure(configure)).await;
    let mut request = TestRequest::with_uri(&sent.target).method(sent.method.parse().unwrap());
    for (name, value) in &sent.headers {
        request = request.append_header((*name, value.as_slice()));
    }
    let request = request.set_payload(sent.body.clone()).to_request();
    let (_, response) = test::call_service(&app, request).await.into_parts();
    let (head, body) = response.into_parts();
    let Ok(body) = to_bytes(body).await else { panic!("no body") };
    let headers = head.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Seen::new(head.status().as_u16(), headers, &body)
}
