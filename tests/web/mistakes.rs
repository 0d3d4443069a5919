//! What the host did wrong: found at start-up where it can be, and 500 with a line in the log.

use hallpass::web::RequireScope;

/// A reserved word or a bad template fails when the program starts.
#[test]
fn a_bad_requirement_fails_at_start_up() {
    for bad in ["email", "openid", "invoice:{id", "invoice:x{id}:read", "{id}:7:read", "a::b"] {
        assert!(RequireScope::new(bad).is_err(), "{bad}");
    }
    assert!(RequireScope::new("invoice:{id}:read account:{account}:use").is_ok());
}

#[cfg(feature = "tracing")]
mod log {
    //! The lines of the log.

    use std::sync::{Arc, Mutex};

    use actix_web::{App, test, web};
    use axum::{Router, body::Body, http::Request, routing::get};
    use hallpass::Verified;
    use tower::ServiceExt as _;
    use tracing::{
        Event, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    use crate::{service, world::World};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    struct Text<'a>(&'a mut String);

    impl Visit for Text<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0.push_str(&format!("{}={value:?} ", field.name()));
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut text = String::new();
            event.record(&mut Text(&mut text));
            self.0.lock().unwrap().push(format!("{} {text}", event.metadata().level()));
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[tokio::test]
    async fn a_forgotten_layer_is_named_in_the_log() {
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let handler = |who: Verified| async move { who.subject().to_owned() };
        let router: Router = Router::new()
            .route("/me", get(handler))
            .route("/one/{id}", get(handler).route_layer(service::read_invoice()));
        for path in ["/me", "/one/7"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 500);
            let seen = std::mem::take(&mut *lines.0.lock().unwrap()).join("\n");
            assert!(seen.contains("ERROR"), "{seen}");
            assert!(seen.contains("hallpass::web::Guard"), "{seen}");
        }
    }

    /// The same on actix-web, for an extractor, a route's requirement and a part no route has.
    #[test]
    fn mistakes_are_named_in_the_log_on_actix() {
        actix_web::rt::System::new().block_on(async {
            let auth = hallpass::testing::TestAuthority::new();
            let lines = Lines::default();
            let _guard = tracing::subscriber::set_default(lines.clone());
            let handler = async |who: Verified| who.subject().to_owned();
            let one = web::resource("/one/{id}").wrap(service::read_invoice()).get(handler);
            let misnamed = web::scope("/guarded")
                .wrap(auth.guard())
                .service(web::resource("/{id}").wrap(service::misnamed()).get(handler));
            let app = App::new().route("/me", web::get().to(handler)).service(one);
            let app = test::init_service(app.service(misnamed)).await;
            for (path, named) in [
                ("/me", "hallpass::web::Guard"),
                ("/one/7", "hallpass::web::Guard"),
                ("/guarded/7", "`number`"),
            ] {
                let request = auth.actix_request_as("ada", "invoice:*:read").uri(path);
                let response = test::call_service(&app, request.to_request()).await;
                assert_eq!(response.status(), 500, "{path}");
                let seen = std::mem::take(&mut *lines.0.lock().unwrap()).join("\n");
                assert!(seen.contains("ERROR") && seen.contains(named), "{path}: {seen}");
            }
        });
    }

    #[tokio::test]
    async fn a_part_that_the_route_does_not_have_is_named_in_the_log() {
        let world = World::new().await;
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let handler = |who: Verified| async move { who.subject().to_owned() };
        let router: Router = Router::new()
            .route("/one/{id}", get(handler).route_layer(service::misnamed()))
            .layer(world.guard("plain").unwrap());
        let token = format!("Bearer {}", world.tokens.reader);
        let request = Request::get("/one/7").header("authorization", &token);
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status(), 500);
        let seen = lines.0.lock().unwrap().join("\n");
        assert!(seen.contains("ERROR") && seen.contains("`number`"), "{seen}");
        assert!(!seen.contains(&world.tokens.reader), "{seen}");
    }

    /// A rule that only reports says what it would have refused.
    #[tokio::test]
    async fn a_reported_refusal_is_in_the_log() {
        let world = World::new().await;
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let router = crate::axum::router(&world);
        let token = format!("Bearer {}", world.tokens.invoice_7);
        let request = Request::get("/report/invoices/8").header("authorization", &token);
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status(), 200);
        let seen = lines.0.lock().unwrap().join("\n");
        assert!(seen.contains("would have refused"), "{seen}");
        assert!(seen.contains("invoice:8:read"), "{seen}");
    }
}
