# Puts files in place. Behind it stand tidy, which removes all staging directories, and calls of before, directory, put,
# pending, keep and place. Everything is in a staging directory beside its target, checked, before the first rename.
umask 077
state=/var/lib/kgen
stage=.kgen-apply
backup=
fail() { echo "$*" >&2; exit 1; }
sum() { sum=$(sha256sum <"$1") && echo "${sum%% *}"; }
before() { # target, SHA-256 it had when it was planned or -
  now=-
  if [ -f "$1" ] && [ ! -L "$1" ]; then now=$(sum "$1"); fi
  [ "$now" = "$2" ] || fail "$1 has changed since it was looked at; nothing was written. Run it again"
}
directory() { # path, mode, owner
  [ -d "$1" ] && return
  mkdir -m "$2" "$1"
  chown "$3" "$1"
}
put() { # directory, name, mode, owner, SHA-256, content in base64
  [ -d "$1/$stage" ] || mkdir "$1/$stage"
  echo "$6" | base64 -d >"$1/$stage/$2" || fail "cannot write below $1; nothing was changed"
  [ "$(sum "$1/$stage/$2")" = "$5" ] || fail "$1/$2 did not arrive whole; nothing was changed"
  chown "$4" "$1/$stage/$2"
  chmod "$3" "$1/$stage/$2"
  sync "$1/$stage/$2" 2>/dev/null || sync
}
pending() { # what has to be restarted, once what follows is in place
  echo "$1" >"$state/pending.new"
  mv -f "$state/pending.new" "$state/pending"
}
keep() { # target: a copy of what is replaced
  [ -e "$1" ] || [ -L "$1" ] || return 0
  if [ -z "$backup" ]; then
    backup=$state/backup-$(date -u +%Y%m%dT%H%M%SZ)
    until mkdir "$backup" 2>/dev/null; do
      [ -d "$backup" ] || fail "cannot make $backup"
      backup=$backup+
    done
    echo "backup $backup"
  fi
  mkdir -p "$backup${1%/*}"
  cp -Pp "$1" "$backup$1"
}
place() { # directory, name
  mv -fT "$1/$stage/$2" "$1/$2"
  echo "placed $1/$2"
}
