//! The edge to the mail server: messages, SMTP, folders of `.eml` files.
