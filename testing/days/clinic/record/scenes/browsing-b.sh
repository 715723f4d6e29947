# Looking up a medicine, a pharmacy's hours and the municipality's page.
CHECK="frames>=60 dns>=3"
play() {
    web "$DEVICE" https://www.medicinhaandbog.example/{index.html,side.html}
    pause 1 4
    web "$DEVICE" https://www.apoteksnyt.example/{index.html,stil.css}
    pause 1 3
    web "$DEVICE" http://www.kommunen.example/index.html
    web "$DEVICE" https://www.kommunen.example/{side.html,lille.json}
}
