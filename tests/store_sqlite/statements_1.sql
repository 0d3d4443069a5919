-- The statements of programs for version 1 of the schema, as they execute them.
--- find_mark
SELECT max(not_before) FROM mark WHERE (kind, subject, client) IN (VALUES ('subject', ?1, ''), ('client', '', ?2), ('subject_at_client', ?1, ?2))
--- raise_mark
INSERT INTO mark (kind, subject, client, not_before, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kind, subject, client) DO UPDATE SET not_before = max(not_before, excluded.not_before), expires_at = max(expires_at, excluded.expires_at)
--- prune_marks
DELETE FROM mark WHERE (kind, subject, client) IN (SELECT kind, subject, client FROM mark WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
--- insert_session
INSERT INTO session (id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason, prune_after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) ON CONFLICT (id) DO NOTHING
--- find_session
SELECT id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason FROM session WHERE id = ?1
--- list_sessions
SELECT id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason FROM session WHERE subject = ?1 AND id > ?2 AND ended_at IS NULL AND absolute_expires_at > ?3 AND idle_expires_at > ?3 ORDER BY id LIMIT ?4
--- advance_session
UPDATE session SET generation = ?2, sealing_key = ?3, attempt = ?4, rotated_at = ?5, confirmed_at = ?6, idle_expires_at = ?7 WHERE id = ?1
--- end_session_by_rotation
UPDATE session SET attempt = ?2, ended_at = ?3, end_reason = ?4 WHERE id = ?1
--- end_session
UPDATE session SET ended_at = ?2, end_reason = ?3 WHERE id = ?1 AND ended_at IS NULL RETURNING absolute_expires_at > ?2 AND idle_expires_at > ?2
--- confirm_session
UPDATE session SET confirmed_at = ?3 WHERE id = ?1 AND generation = ?2 AND ended_at IS NULL AND confirmed_at IS NULL
--- prune_sessions
DELETE FROM session WHERE id IN (SELECT id FROM session WHERE prune_after <= ?1 ORDER BY prune_after LIMIT ?2)
--- sessions_of_subject
SELECT count(CASE WHEN absolute_expires_at > ?3 AND idle_expires_at > ?3 THEN 1 END), max(id) FROM session WHERE ended_at IS NULL AND subject = ?1 AND ?2 IS NULL
--- sessions_of_client
SELECT count(CASE WHEN absolute_expires_at > ?3 AND idle_expires_at > ?3 THEN 1 END), max(id) FROM session WHERE ended_at IS NULL AND client = ?2 AND ?1 IS NULL
--- sessions_of_subject_at_client
SELECT count(CASE WHEN absolute_expires_at > ?3 AND idle_expires_at > ?3 THEN 1 END), max(id) FROM session WHERE ended_at IS NULL AND client = ?2 AND subject = ?1
--- end_sessions_of_subject
UPDATE session SET ended_at = ?3, end_reason = ?4 WHERE ended_at IS NULL AND subject = ?1 AND ?2 IS NULL
--- end_sessions_of_client
UPDATE session SET ended_at = ?3, end_reason = ?4 WHERE ended_at IS NULL AND client = ?2 AND ?1 IS NULL
--- end_sessions_of_subject_at_client
UPDATE session SET ended_at = ?3, end_reason = ?4 WHERE ended_at IS NULL AND client = ?2 AND subject = ?1
--- insert_api_key
INSERT INTO api_key (id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, replaced_by, ended_at, end_reason, stops_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (id) DO NOTHING
--- find_api_key
SELECT id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, replaced_by, ended_at, end_reason FROM api_key WHERE id = ?1
--- list_api_keys
SELECT id, format, subject, client, name, scope, audience, claims, expires_at, last_used_at, replaced_by, ended_at, end_reason FROM api_key WHERE subject = ?1 AND id > ?2 AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > ?3) ORDER BY id LIMIT ?4
--- update_api_key
UPDATE api_key SET name = ?2, scope = ?3, expires_at = ?4, replaced_by = ?5, stops_at = ?6 WHERE id = ?1
--- end_api_key
UPDATE api_key SET ended_at = ?2, end_reason = ?3, stops_at = min(coalesce(expires_at, ?2), ?2) WHERE id = ?1 AND ended_at IS NULL RETURNING expires_at IS NULL OR expires_at > ?2
--- touch_api_key
UPDATE api_key SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at + ?3 <= ?2)
--- prune_api_keys
DELETE FROM api_key WHERE id IN (SELECT id FROM api_key WHERE stops_at <= ?1 ORDER BY stops_at LIMIT ?2)
--- api_keys_of_subject
SELECT count(CASE WHEN expires_at IS NULL OR expires_at > ?3 THEN 1 END), max(id) FROM api_key WHERE ended_at IS NULL AND subject = ?1 AND ?2 IS NULL
--- api_keys_of_client
SELECT count(CASE WHEN expires_at IS NULL OR expires_at > ?3 THEN 1 END), max(id) FROM api_key WHERE ended_at IS NULL AND client = ?2 AND ?1 IS NULL
--- api_keys_of_subject_at_client
SELECT count(CASE WHEN expires_at IS NULL OR expires_at > ?3 THEN 1 END), max(id) FROM api_key WHERE ended_at IS NULL AND client = ?2 AND subject = ?1
--- end_api_keys_of_subject
UPDATE api_key SET ended_at = ?3, end_reason = ?4, stops_at = min(coalesce(expires_at, ?3), ?3) WHERE ended_at IS NULL AND subject = ?1 AND ?2 IS NULL
--- end_api_keys_of_client
UPDATE api_key SET ended_at = ?3, end_reason = ?4, stops_at = min(coalesce(expires_at, ?3), ?3) WHERE ended_at IS NULL AND client = ?2 AND ?1 IS NULL
--- end_api_keys_of_subject_at_client
UPDATE api_key SET ended_at = ?3, end_reason = ?4, stops_at = min(coalesce(expires_at, ?3), ?3) WHERE ended_at IS NULL AND client = ?2 AND subject = ?1
--- append_revocation
INSERT INTO revocation (kind, id, subject, client, key_id, not_before, written_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
--- read_revocations
SELECT number, written_at, kind, id, subject, client, key_id, not_before, expires_at FROM revocation WHERE number >= ?1 ORDER BY number LIMIT ?2
--- last_number
SELECT seq FROM sqlite_sequence WHERE name = 'revocation'
--- prune_revocations
DELETE FROM revocation WHERE number IN (SELECT number FROM revocation WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
--- insert_client
INSERT INTO client (id, format, version, settings, secrets, disabled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING
--- find_client
SELECT id, format, version, settings, secrets, disabled_at FROM client WHERE id = ?1
--- list_clients
SELECT id, format, version, settings, secrets, disabled_at FROM client WHERE id > ?1 ORDER BY id LIMIT ?2
--- replace_client
UPDATE client SET format = ?2, version = ?3, settings = ?4, secrets = ?5, disabled_at = ?6 WHERE id = ?1
--- remove_client
DELETE FROM client WHERE id = ?1
--- put_consent
INSERT INTO consent (subject, client, format, scope, given_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (subject, client) DO UPDATE SET format = excluded.format, scope = excluded.scope, given_at = excluded.given_at
--- find_consent
SELECT subject, client, format, scope, given_at FROM consent WHERE subject = ?1 AND client = ?2
--- list_consents
SELECT subject, client, format, scope, given_at FROM consent WHERE subject = ?1 AND client > ?2 ORDER BY client LIMIT ?3
--- withdraw_consent
DELETE FROM consent WHERE subject = ?1 AND client = ?2
--- withdraw_consents_of_client
DELETE FROM consent WHERE client = ?1
--- insert_code
INSERT INTO code (id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason, code_id, redirect_uri, challenge, expires_at, extra, used, used_by, prune_after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34) ON CONFLICT (code_id) DO NOTHING
--- find_code
SELECT id, format, subject, client, scope, audience, claims, cnf, label, access_lifetime, retry_window, retry_after_loss, idle, max_skew, rotation, strict, client_proof, absolute_expires_at, generation, sealing_key, attempt, rotated_at, confirmed_at, idle_expires_at, ended_at, end_reason, code_id, redirect_uri, challenge, expires_at, extra, used, used_by FROM code WHERE code_id = ?1
--- use_code
UPDATE code SET used = ?2, used_by = ?3, prune_after = ?4 WHERE code_id = ?1
--- prune_codes
DELETE FROM code WHERE code_id IN (SELECT code_id FROM code WHERE prune_after <= ?1 ORDER BY prune_after LIMIT ?2)
--- find_once
SELECT attempt, expires_at FROM once WHERE key = ?1
--- put_once
INSERT INTO once (key, attempt, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, expires_at = excluded.expires_at
--- prune_once
DELETE FROM once WHERE key IN (SELECT key FROM once WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
--- signing_keys_version
SELECT signing_keys FROM setting WHERE id = 1
--- raise_signing_keys_version
UPDATE setting SET signing_keys = ?1 WHERE id = 1
--- load_signing_keys
SELECT format, kid, public_jwk, sealed_private, published_at, active_at, retire_at, gone_at FROM signing_key ORDER BY position
--- clear_signing_keys
DELETE FROM signing_key
--- insert_signing_key
INSERT INTO signing_key (position, format, kid, public_jwk, sealed_private, published_at, active_at, retire_at, gone_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
--- find_retention
SELECT retention FROM setting WHERE id = 1
--- raise_retention
UPDATE setting SET retention = max(coalesce(retention, 0), ?1) WHERE id = 1 RETURNING retention
--- barrier
UPDATE setting SET barrier = barrier + 1 WHERE id = 1
