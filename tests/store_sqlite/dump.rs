//! Knows what someone can do with a copy of the file (invariants 40 and 41).
//! Must not have the master secret.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Grant, SigningKey, authority::RefreshError, secret::MasterSecret,
};
use rusqlite::{Connection, types::ValueRef};

use crate::support::{Place, open};

/// Every value of every table, and the bytes of the files.
fn dump(place: &Place) -> (Vec<Vec<u8>>, Vec<u8>) {
    let connection = Connection::open(place.file()).unwrap();
    let mut names =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(names.len() >= 9, "{names:?}");
    let mut values = Vec::new();
    for name in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => values.push(bytes.to_vec()),
                    ValueRef::Integer(number) => values.push(number.to_string().into_bytes()),
                    ValueRef::Null | ValueRef::Real(_) => {}
                }
            }
        }
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(place.path()).unwrap() {
        files.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    (values, files)
}

fn holds(files: &[u8], needle: &[u8]) -> bool {
    files.windows(needle.len()).any(|window| window == needle)
}

/// The 16 secret bytes of an opaque token, and its tag.
fn inside(token: &str) -> (Vec<u8>, Vec<u8>) {
    let body = token.split_once('_').unwrap().1.split_once('_').unwrap().1;
    let body = URL_SAFE_NO_PAD.decode(body.split_at(body.len() - 6).0).unwrap();
    (body[8..24].to_vec(), body[body.len() - 16..].to_vec())
}

#[tokio::test]
async fn nothing_in_the_file_can_be_presented() {
    let place = Place::new();
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .store(open(&place).await)
        .master_secret(MasterSecret::generate().unwrap())
        .build()
        .unwrap();
    let grant = || Grant::new("user-42", "invoice:*:read".parse().unwrap()).client("web");
    let issued = authority.issue(grant()).await.unwrap();
    let refreshed = authority.refresh(issued.refresh_token()).await.unwrap();
    let key = authority.issue_api_key(grant(), "deploy", None).await.unwrap();
    let other = authority.issue(grant()).await.unwrap();
    let _revoked = authority.revoke(other.refresh_token()).await.unwrap();

    let opaque = [
        issued.refresh_token().expose_secret(),
        refreshed.refresh_token().expose_secret(),
        key.api_key().expose_secret(),
        other.refresh_token().expose_secret(),
    ];
    let (values, files) = dump(&place);
    // The dump sees what is there.
    assert!(holds(&files, b"user-42"));
    assert!(values.iter().any(|value| value == refreshed.session_id().as_bytes()));
    for token in opaque {
        let (secret, tag) = inside(token);
        for needle in [token.as_bytes(), &secret, &tag] {
            assert!(!holds(&files, needle), "the file holds a part of a token");
        }
    }
    for token in [issued.access_token(), refreshed.access_token()] {
        assert!(!holds(&files, token.expose_secret().as_bytes()));
    }

    // And nothing that is there opens anything, as it is or dressed up.
    let mut tried = 0;
    for value in &values {
        let mut texts = vec![URL_SAFE_NO_PAD.encode(value)];
        texts.extend(String::from_utf8(value.clone()));
        for text in texts {
            for dressed in
                [text.clone(), format!("hp_rt_{text}"), format!("hp_ak_{text}"), format!("{text}.")]
            {
                let refresh = authority.refresh(dressed.as_str()).await;
                assert!(matches!(refresh, Err(RefreshError::Token(_))), "{refresh:?}");
                assert!(authority.verify(dressed.as_str()).await.is_err());
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
    // The session and the key were not hurt by all this.
    let _who = authority.verify(refreshed.access_token()).await.unwrap();
    let _who = authority.verify(key.api_key()).await.unwrap();
}
