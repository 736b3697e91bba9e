<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis maxScale="0" minScale="100000000" simplifyDrawingHints="1" simplifyMaxScale="1" simplifyDrawingTol="1" hasScaleBasedVisibilityFlag="0" symbologyReferenceScale="-1" simplifyAlgorithm="0" simplifyLocal="1" styleCategories="Symbology|Fields|MapTips|Rendering" version="3.22.16-Białowieża">
  <renderer-v2 attr="prob_mean" symbollevels="0" forceraster="0" referencescale="-1" type="graduatedSymbol" enableorderby="0" graduatedMethod="GraduatedColor">
    <ranges>
      <range symbol="0" render="true" upper="0.300000000000000" lower="0.000000000000000" label="below 0.3"/>
      <range symbol="1" render="true" upper="0.500000000000000" lower="0.300000000000000" label="0.3 to 0.5"/>
      <range symbol="2" render="true" upper="1.000000000000000" lower="0.500000000000000" label="above 0.5"/>
    </ranges>
    <symbols>
      <symbol alpha="1" type="fill" name="0" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,221,51,25"/>
            <Option type="QString" name="joinstyle" value="miter"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,221,51,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,221,51,25"/>
          <prop k="joinstyle" v="miter"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,221,51,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol alpha="1" type="fill" name="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,127,0,25"/>
            <Option type="QString" name="joinstyle" value="miter"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,127,0,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="255,127,0,25"/>
          <prop k="joinstyle" v="miter"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="255,127,0,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol alpha="1" type="fill" name="2" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="227,26,28,25"/>
            <Option type="QString" name="joinstyle" value="miter"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="227,26,28,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="227,26,28,25"/>
          <prop k="joinstyle" v="miter"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="227,26,28,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.3"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
    <classificationMethod id="Custom">
      <symmetricMode astride="0" enabled="0" symmetrypoint="0"/>
      <labelFormat format="%1 - %2" trimtrailingzeroes="1" labelprecision="4"/>
      <parameters>
        <Option/>
      </parameters>
      <extraInformation/>
    </classificationMethod>
    <rotation/>
    <sizescale/>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
  <fieldConfiguration>
    <field configurationFlags="None" name="fid"/>
    <field configurationFlags="None" name="id"/>
    <field configurationFlags="None" name="area_m2"/>
    <field configurationFlags="None" name="perimeter_m"/>
    <field configurationFlags="None" name="pixel_count"/>
    <field configurationFlags="None" name="prob_mean"/>
    <field configurationFlags="None" name="prob_max"/>
    <field configurationFlags="None" name="touches_edge"/>
    <field configurationFlags="None" name="lon"/>
    <field configurationFlags="None" name="lat"/>
    <field configurationFlags="None" name="z_min"/>
    <field configurationFlags="None" name="z_max"/>
    <field configurationFlags="None" name="slope_mean"/>
    <field configurationFlags="None" name="model"/>
    <field configurationFlags="None" name="model_version"/>
    <field configurationFlags="None" name="threshold"/>
    <field configurationFlags="None" name="source"/>
    <field configurationFlags="None" name="run_date"/>
  </fieldConfiguration>
  <aliases>
    <alias field="fid" name="" index="0"/>
    <alias field="id" name="Name" index="1"/>
    <alias field="area_m2" name="Area (m²)" index="2"/>
    <alias field="perimeter_m" name="Perimeter (m)" index="3"/>
    <alias field="pixel_count" name="Pixels" index="4"/>
    <alias field="prob_mean" name="Mean probability" index="5"/>
    <alias field="prob_max" name="Highest probability" index="6"/>
    <alias field="touches_edge" name="Cut off at an edge" index="7"/>
    <alias field="lon" name="Longitude (°)" index="8"/>
    <alias field="lat" name="Latitude (°)" index="9"/>
    <alias field="z_min" name="Lowest elevation (m)" index="10"/>
    <alias field="z_max" name="Highest elevation (m)" index="11"/>
    <alias field="slope_mean" name="Mean slope (°)" index="12"/>
    <alias field="model" name="Model" index="13"/>
    <alias field="model_version" name="Model version" index="14"/>
    <alias field="threshold" name="Threshold" index="15"/>
    <alias field="source" name="Stack" index="16"/>
    <alias field="run_date" name="Date of detection" index="17"/>
  </aliases>
  <defaults>
    <default field="fid" expression="" applyOnUpdate="0"/>
    <default field="id" expression="" applyOnUpdate="0"/>
    <default field="area_m2" expression="" applyOnUpdate="0"/>
    <default field="perimeter_m" expression="" applyOnUpdate="0"/>
    <default field="pixel_count" expression="" applyOnUpdate="0"/>
    <default field="prob_mean" expression="" applyOnUpdate="0"/>
    <default field="prob_max" expression="" applyOnUpdate="0"/>
    <default field="touches_edge" expression="" applyOnUpdate="0"/>
    <default field="lon" expression="" applyOnUpdate="0"/>
    <default field="lat" expression="" applyOnUpdate="0"/>
    <default field="z_min" expression="" applyOnUpdate="0"/>
    <default field="z_max" expression="" applyOnUpdate="0"/>
    <default field="slope_mean" expression="" applyOnUpdate="0"/>
    <default field="model" expression="" applyOnUpdate="0"/>
    <default field="model_version" expression="" applyOnUpdate="0"/>
    <default field="threshold" expression="" applyOnUpdate="0"/>
    <default field="source" expression="" applyOnUpdate="0"/>
    <default field="run_date" expression="" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint exp_strength="0" notnull_strength="1" field="fid" unique_strength="1" constraints="3"/>
    <constraint exp_strength="0" notnull_strength="0" field="id" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="area_m2" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="perimeter_m" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="pixel_count" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="prob_mean" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="prob_max" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="touches_edge" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="lon" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="lat" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="z_min" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="z_max" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="slope_mean" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="model" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="model_version" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="threshold" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="source" unique_strength="0" constraints="0"/>
    <constraint exp_strength="0" notnull_strength="0" field="run_date" unique_strength="0" constraints="0"/>
  </constraints>
  <constraintExpressions>
    <constraint field="fid" exp="" desc=""/>
    <constraint field="id" exp="" desc=""/>
    <constraint field="area_m2" exp="" desc=""/>
    <constraint field="perimeter_m" exp="" desc=""/>
    <constraint field="pixel_count" exp="" desc=""/>
    <constraint field="prob_mean" exp="" desc=""/>
    <constraint field="prob_max" exp="" desc=""/>
    <constraint field="touches_edge" exp="" desc=""/>
    <constraint field="lon" exp="" desc=""/>
    <constraint field="lat" exp="" desc=""/>
    <constraint field="z_min" exp="" desc=""/>
    <constraint field="z_max" exp="" desc=""/>
    <constraint field="slope_mean" exp="" desc=""/>
    <constraint field="model" exp="" desc=""/>
    <constraint field="model_version" exp="" desc=""/>
    <constraint field="threshold" exp="" desc=""/>
    <constraint field="source" exp="" desc=""/>
    <constraint field="run_date" exp="" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip>&lt;b>[% "id" %]&lt;/b>&lt;br>[% format_number("area_m2", 0) %] m²&lt;br>mean probability [% round("prob_mean", 2) %]</mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
