//! Filch beside tokio and smol, one file per question.
