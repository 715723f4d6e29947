// Runes everywhere; a warning about accessibility is an error in `npm run check`.
export default { compilerOptions: { runes: true } };
