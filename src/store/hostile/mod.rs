//! A hostile world, with real parts: files of others, disks that are full, processes that are
//! killed, readers that are slow, two who want one database.

mod busy;
mod files;
mod full;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod stage;
mod system;

use crate::store::migrate::{self, Migration};

/// A program two releases ahead: one migration rebuilds what is kept, one adds to it.
fn next_release() -> Vec<Migration> {
    let mut migrations = migrate::all();
    migrations.extend([
        Migration {
            name: "9001_titles_are_kept_twice",
            sql: "create table title (entry_id integer primary key, title text not null) strict;
                  insert into title select id, title from entry;
                  alter table entry add column later text;",
        },
        Migration {
            name: "9002_requests_have_a_reason",
            sql: "create table request_next (
                      id integer primary key autoincrement, reason text not null default ''
                  ) strict;
                  insert into request_next (id) select id from request;
                  drop table request;
                  alter table request_next rename to request;",
        },
    ]);
    migrations
}
