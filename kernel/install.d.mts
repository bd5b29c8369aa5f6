/** Puts the kernelspec "adt" where Jupyter finds it; returns its folder. */
export function writeKernelSpec(jupyterDataDir: string): string
