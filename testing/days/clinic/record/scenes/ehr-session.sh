# A consultation: the patient record in the browser, with pauses, over a few kept-open connections.
CHECK="frames>=80 dns>=2"
play() {
    web "$DEVICE" https://login.laegesky.example/lille.json
    for round in 1 2 3 4; do
        web "$DEVICE" https://journal.laegesky.example/{side.html,lille.json,lille.json}
        pause 1 4
    done
    web "$DEVICE" https://labsvar.laegesky.example/{side.html,lille.json}
    web "$DEVICE" --data-binary "@$WORK/web/pages/lille.json" https://journal.laegesky.example/lille.json
}
