# Fetching mail and sending one, over TLS.
CHECK="frames>=50"
prepare() { mail_up; }
play() {
    web "$DEVICE" --user praksis:Solsikke-44 "imaps://mail.klinikpost.example/INBOX;MAILINDEX=12"
    pause 1 3
    on "$DEVICE" curl --silent --cacert "$WORK/web/ca.pem" --user praksis:Solsikke-44 --mail-from praksis@klinikpost.example \
        --mail-rcpt post@www.kommunen.example --upload-file "$WORK/web/pages/lille.json" smtps://mail.klinikpost.example/klinik >/dev/null
}
