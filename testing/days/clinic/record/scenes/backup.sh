# Night: two PCs copy their files to the Filserver, and the Filserver sends its copy to the cloud.
BULK=1
CHECK="bytes>=36000000"
prepare() {
    samba_up
    head -c 8000000 /dev/urandom >"$WORK/kopi.bin"
    head -c 20000000 /dev/urandom >"$WORK/sky.bin"
}
play() {
    smb reception "put $WORK/kopi.bin kopi-reception.bin"
    pause 1 3
    smb doctor-1 "put $WORK/kopi.bin kopi-laege1.bin"
    pause 1 3
    web nas --limit-rate 3M --upload-file "$WORK/sky.bin" https://backup.klipcloud.example/upload/klinik.bin
}
verify() { [ "$(stat -c %s "$WORK/web/pages/upload/klinik.bin")" = 20000000 ] && [ "$(stat -c %s "$WORK/share/kopi-laege1.bin")" = 8000000 ]; }
