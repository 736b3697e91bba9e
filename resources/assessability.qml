<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis styleCategories="Symbology" version="3.22.16-Białowieża">
  <pipe-data-defined-properties>
    <Option type="Map">
      <Option type="QString" value="" name="name"/>
      <Option name="properties"/>
      <Option type="QString" value="collection" name="type"/>
    </Option>
  </pipe-data-defined-properties>
  <pipe>
    <provider>
      <resampling maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour" zoomedOutResamplingMethod="nearestNeighbour" enabled="false"/>
    </provider>
    <rasterrenderer type="paletted" nodataColor="" opacity="1" band="1" alphaBand="-1">
      <minMaxOrigin>
        <limits>None</limits>
        <extent>WholeRaster</extent>
        <statAccuracy>Estimated</statAccuracy>
        <cumulativeCutLower>0.02</cumulativeCutLower>
        <cumulativeCutUpper>0.98</cumulativeCutUpper>
        <stdDevFactor>2</stdDevFactor>
      </minMaxOrigin>
      <colorPalette>
        <paletteEntry label="assessable" value="1" alpha="255" color="#4e9a50"/>
        <paletteEntry label="cloud" value="2" alpha="255" color="#ffffff"/>
        <paletteEntry label="cloud shadow" value="3" alpha="255" color="#5a5a6e"/>
        <paletteEntry label="snow" value="4" alpha="255" color="#96e6f0"/>
        <paletteEntry label="haze" value="5" alpha="255" color="#d7c8aa"/>
        <paletteEntry label="deep shade" value="6" alpha="255" color="#281e3c"/>
        <paletteEntry label="water" value="7" alpha="255" color="#286ec8"/>
        <paletteEntry label="flat land" value="8" alpha="255" color="#e1d764"/>
      </colorPalette>
    </rasterrenderer>
    <brightnesscontrast gamma="1" contrast="0" brightness="0"/>
    <huesaturation colorizeStrength="100" colorizeBlue="128" invertColors="0" colorizeGreen="128" saturation="0" grayscaleMode="0" colorizeRed="255" colorizeOn="0"/>
    <rasterresampler maxOversampling="2"/>
    <resamplingStage>resamplingFilter</resamplingStage>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
