# Reading the news and looking things up, encrypted and not.
CHECK="frames>=60 dns>=3"
play() {
    web "$DEVICE" http://www.nyhedsbladet.example/index.html
    web "$DEVICE" https://www.nyhedsbladet.example/{index.html,stil.css}
    web "$DEVICE" https://cdn.nyhedsbladet.example/{billede.bin,lille.json}
    pause 2 5
    web "$DEVICE" http://www.vejret.example/{index.html,lille.json}
    pause 1 3
    web "$DEVICE" https://www.nyhedsbladet.example/side.html
}
