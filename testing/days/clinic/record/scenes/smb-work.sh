# Working with files on the Filserver: list, open, save, tidy up.
CHECK="frames>=60"
prepare() {
    samba_up
    cp "$WORK/web/pages/billede.bin" "$WORK/share/skema.doc"
}
play() {
    smb "$DEVICE" "ls; get skema.doc $WORK/ud.doc"
    pause 2 5
    smb "$DEVICE" "mkdir breve; put $WORK/ud.doc breve/brev.tmp; rename breve/brev.tmp breve/brev.doc; ls breve/*; del breve/brev.doc; rmdir breve"
}
