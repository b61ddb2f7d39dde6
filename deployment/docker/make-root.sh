#!/bin/sh
# Stage `root` of the Dockerfile: the file system of the image, around the built program.
#
#   make-root.sh PROGRAM ROOT
#
# The program, the libraries that it is linked with, the authorities that it trusts, a user who is not root, and a folder
# for data: no shell, no package manager, nothing else that could have a hole. DNS and the files in etc/ are read by glibc
# itself since 2.34, so no further library is loaded later.
#
# Exit codes: 0 done · 1 failed · 2 wrong use.
set -eu

USER_ID=10001

if [ $# -ne 2 ]; then
  echo "usage: make-root.sh PROGRAM ROOT" >&2
  exit 2
fi
program=$1
root=$2
[ -f "$program" ] || { echo "error: there is no $program" >&2; exit 1; }
if [ -e "$root" ] && [ -n "$(ls -A "$root")" ]; then
  echo "error: $root is not empty" >&2
  exit 1
fi

mkdir -p "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/data" "$root/tmp"
cp "$program" "$root/usr/local/bin/gap"
chmod 755 "$root/usr/local/bin/gap"

# Where the loader and the libraries are on this machine, they are looked for in the image.
needed=$(ldd "$program") || { echo "error: $program is not linked as a program of this machine" >&2; exit 1; }
case $needed in *"not found"*) echo "error: a library of $program is missing: $needed" >&2; exit 1 ;; esac
for library in $(printf '%s\n' "$needed" | grep -o '/[^ ]*'); do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

authorities=/etc/ssl/certs/ca-certificates.crt
[ -s "$authorities" ] || { echo "error: there is no $authorities; install ca-certificates" >&2; exit 1; }
cp -L "$authorities" "$root$authorities"

printf 'root:x:0:0::/:/nologin\ngap:x:%s:%s::/data:/nologin\n' $USER_ID $USER_ID >"$root/etc/passwd"
printf 'root:x:0:\ngap:x:%s:\n' $USER_ID >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

chmod 1777 "$root/tmp"
chmod 700 "$root/data"
# Whoever is not root makes the folder their own, which is what a test wants.
[ "$(id -u)" -ne 0 ] || chown $USER_ID:$USER_ID "$root/data"
