//! A token has no `Display`.

use hallpass::secret::RefreshToken;

fn main() {
    let token = RefreshToken::new("secret".to_owned());
    println!("{token}");
}
