-- The platform's own command line, as it knows itself: without a secret.
INSERT INTO connected_app (id, client_id, name, is_built_in, body, created_at_ms) VALUES (
    '0H4000000000001CAA', 'PlatformCLI', 'Platform CLI', TRUE,
    '{"name": "Platform CLI", "description": "The command line sf. Comes with every org.", "redirect_uris": ["http://localhost:1717/OauthRedirect"], "scopes": ["api", "web", "refresh_token"], "flows": ["web_server", "device"]}',
    0
);
