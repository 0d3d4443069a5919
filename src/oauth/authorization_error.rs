//! Knows every way in which an authorization request is refused (RFC 6749 §4.1.2.1, OpenID Connect
//! Core §3.1.2.6, RFC 8707 §2), and a request to sign out.
//! Must not know the request: texts are fixed.

use super::error::{OAuthError, request, row};

/// Rows that the user sees.
impl OAuthError {
    pub(crate) const NO_CLIENT_ID: Self = request("the parameter client_id is missing");
    pub(crate) const UNKNOWN_CLIENT: Self = request("there is no such client");
    pub(crate) const NO_REDIRECT_URI: Self = request("the parameter redirect_uri is missing");
    pub(crate) const REDIRECT_URI: Self =
        request("the redirect_uri is not one that the client has registered");
    pub(crate) const TICKET: Self =
        request("the form is not one of ours, or is too old; go back to the application");
    pub(crate) const TICKET_USED: Self =
        request("the form was sent before; go back to the application");
    pub(crate) const OTHER_USER: Self =
        request("somebody else has signed in since; go back to the application");
    pub(crate) const DECISION: Self = request("the decision must be allow, allow_selected or deny");
    pub(crate) const NOT_OFFERED: Self = request("the selected scope was not offered");
    pub(crate) const HINT_OF_ANOTHER: Self =
        request("the id_token_hint was made for another client");
    pub(crate) const POST_LOGOUT: Self =
        request("the post_logout_redirect_uri is not one that the client has registered");
    pub(crate) const HOST: Self =
        row(503, "temporarily_unavailable", "the service cannot answer at the moment");
}

/// Rows that the client reads at its address.
impl OAuthError {
    pub(crate) const NO_RESPONSE_TYPE: Self = request("the parameter response_type is missing");
    pub(crate) const RESPONSE_TYPE: Self =
        row(400, "unsupported_response_type", "the response_type must be code");
    pub(crate) const RESPONSE_MODE: Self = request("the response_mode must be query");
    pub(crate) const NO_CODE_CHALLENGE: Self = request("the parameter code_challenge is missing");
    pub(crate) const CHALLENGE_METHOD: Self = request("the code_challenge_method must be S256");
    pub(crate) const CHALLENGE: Self =
        request("the code_challenge must be 43 characters of base64url");
    pub(crate) const PROMPT: Self =
        request("the prompt must be none, or of login, select_account and consent");
    pub(crate) const MAX_AGE: Self = request("the max_age must be a number of seconds");
    pub(crate) const REQUEST_OBJECT: Self =
        row(400, "request_not_supported", "request objects are not supported");
    pub(crate) const REQUEST_URI: Self =
        row(400, "request_uri_not_supported", "request objects are not supported");
    pub(crate) const REGISTRATION: Self =
        row(400, "registration_not_supported", "registration by request is not supported");
    pub(crate) const LOGIN_REQUIRED: Self =
        row(400, "login_required", "the user must sign in, and the prompt is none");
    pub(crate) const OTHER_LOGIN_REQUIRED: Self =
        row(400, "login_required", "the user of the id_token_hint has not signed in");
    pub(crate) const SIGN_IN_USED: Self =
        row(400, "login_required", "the sign-in has been used for another code");
    pub(crate) const CONSENT_REQUIRED: Self =
        row(400, "consent_required", "the user must be asked, and the prompt is none");
    pub(crate) const DENIED: Self = row(400, "access_denied", "the user has not allowed it");
}
