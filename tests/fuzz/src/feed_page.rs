//! A page of the revocation feed as it comes from elsewhere: what is read writes to what is read
//! again, and a page that is not wholly understood is refused.

use hallpass::store::{Cursor, FeedPage};

/// The target.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(page) = FeedPage::from_json(text) {
        let value: serde_json::Value = serde_json::from_str(text).expect("it was read");
        let records = value["records"].as_array().expect("a page has records");
        assert_eq!(page.records.len(), records.len(), "none is skipped");
        let json = page.to_json();
        let again = FeedPage::from_json(&json).expect("what we write");
        assert_eq!(again.to_json(), json);
        assert_eq!(again.records, page.records);
    }
    if let Ok(cursor) = Cursor::from_text(text) {
        assert_eq!(cursor.to_text(), text, "one text for one place");
    }
}
