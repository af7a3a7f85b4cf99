"""What Superset is told beyond its defaults (SUPERSET_CONFIG_PATH): its page asks this machine and nobody else.

By its defaults a picture is fetched from a counting service at each page, whatever SCARF_ANALYTICS says, and maps and
fonts may be. Browsers hold the page to this policy.
"""

TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
