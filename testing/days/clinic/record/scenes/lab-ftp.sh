# The lab analyser puts its results on the Filserver by FTP.
CHECK="frames>=40"
prepare() { accounts nas analyse:Roer-77; ftpd_up; printf 'PRØVE;VÆRDI;ENHED\n%.0s' $(seq 400) >"$WORK/resultat.csv"; }
play() {
    ask lab filserver.klinik.example
    on lab curl --silent --show-error --user analyse:Roer-77 --upload-file "$WORK/resultat.csv" ftp://10.20.30.5/resultat.csv
    pause 1 2
    on lab curl --silent --show-error --user analyse:Roer-77 --upload-file "$WORK/resultat.csv" ftp://10.20.30.5/resultat-2.csv
}
verify() { [ -s "$WORK/home/analyse/resultat-2.csv" ]; }
