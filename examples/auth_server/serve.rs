//! Knows how the server runs: what answers where, signals, and an end that loses nothing.
//! Must not know what an answer says.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use hallpass::oauth::{self, AuthorizationServer};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    api,
    app::{App, say, told},
    browser,
    host::Pages,
    pages::Page,
};

type Failure = Box<dyn std::error::Error>;

/// Who sent a request: the connection's address, or what a trusted proxy says.
#[derive(Debug, Clone)]
pub(crate) struct PeerAddress(pub(crate) String);

/// Serves until SIGTERM or SIGINT, and then until what was begun is done.
pub(crate) async fn serve(app: Arc<App>, listen: SocketAddr) -> Result<(), Failure> {
    app.authority.ready().await.map_err(|error| told(&error))?;
    let maintenance = app.authority.spawn_maintenance();
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let service = router(&app)?.into_make_service_with_connect_info::<SocketAddr>();
    // Whoever reads that we listen may send signals at once.
    let mut hangup = signal(SignalKind::hangup())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let asked_to_stop = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    say(&format!("listening on http://{}", listener.local_addr()?));
    let rotating = app.clone();
    let rotation = tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match rotating.authority.rotate_keys().await {
                Ok(()) => say("SIGHUP: the next key signs"),
                Err(error) => say(&format!("SIGHUP: the keys are as they were: {}", told(&error))),
            }
        }
    });
    axum::serve(listener, service).with_graceful_shutdown(asked_to_stop).await?;
    rotation.abort();
    drop(maintenance);
    say("stopped");
    Ok(())
}

/// Everything, at its path.
fn router(app: &Arc<App>) -> Result<Router, Failure> {
    let server =
        AuthorizationServer::builder(app.authority.clone()).host(Pages(app.clone())).build()?;
    let mut pages = browser::router();
    if !app.look.base.is_empty() {
        pages = Router::new().nest(&app.look.base, pages);
    }
    let mut router = Router::new().merge(pages).merge(api::resources(app)?);
    if let Some(asked) = &app.config.forward_auth {
        router = router.merge(api::forward_auth(app, asked)?);
    }
    Ok(router
        .fallback(not_found)
        .with_state(app.clone())
        .merge(oauth::axum::router(&server))
        .layer(middleware::from_fn_with_state(app.clone(), peer)))
}

async fn not_found(State(app): State<Arc<App>>) -> Response {
    let page: Page =
        app.look.message(StatusCode::NOT_FOUND, "Not here", "There is no page at this address.");
    page.into_response()
}

/// Says who sent the request, for limits.
async fn peer(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connected = connected.map(|ConnectInfo(address)| address.ip().to_string());
    let told = app.config.server.peer_header.as_ref().map(|name| {
        let values: Vec<_> = request.headers().get_all(name).iter().collect();
        match values.as_slice() {
            [one] => one.to_str().ok().map(str::to_owned),
            _ => None,
        }
    });
    // A proxy that was promised and says nothing, or two things, is a mistake in its file.
    let address = match told {
        Some(None) => return StatusCode::BAD_GATEWAY.into_response(),
        Some(Some(told)) => told,
        None => connected.unwrap_or_default(),
    };
    let _ = request.extensions_mut().insert(oauth::Peer::new(&address));
    let _ = request.extensions_mut().insert(PeerAddress(address));
    next.run(request).await
}
