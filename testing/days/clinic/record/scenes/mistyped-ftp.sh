# Someone at Læge 2 fetches the lab's results by FTP and mistypes the password twice.
CHECK="ftp>=3 refused>=2"
prepare() { accounts nas analyse:Roer-77; ftpd_up; cp "$WORK/web/pages/side.html" "$WORK/home/analyse/resultat.csv"; }
play() {
    on doctor-2 curl --silent --user analyse:roer-77 ftp://10.20.30.5/resultat.csv >/dev/null || true
    pause 3 5
    on doctor-2 curl --silent --user analyse:Roer77 ftp://10.20.30.5/resultat.csv >/dev/null || true
    pause 4 6
    on doctor-2 curl --silent --user analyse:Roer-77 ftp://10.20.30.5/resultat.csv >/dev/null
}
